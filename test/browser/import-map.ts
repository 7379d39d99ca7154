const modules = {
  "@sigil/spec/shared": "/spec/dist/shared.js",
  "@sigil/runtime": "/runtime/dist/index.js",
  "@sigil/runtime/internal": "/runtime/dist/internal.js",
  "@sigil/runtime/pipelines": "/runtime/dist/pipelines/page.js",
  "@sigil/runtime-cpu": "/runtime-cpu/dist/index.js",
  "@sigil/runtime-webgpu": "/runtime-webgpu/dist/index.js",
  "@sigil/runtime-webgpu/pictures": "/runtime-webgpu/dist/pictures/index.js",
};

const map = JSON.stringify({ imports: modules });

/** The element by which an unbundled page finds the packages as they are built. */
export const importMap = `<script type="importmap">${map}</script>`;
