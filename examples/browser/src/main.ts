/** The page: pictures and labels in, probabilities and times out. */
import { cachedFiles, clearCached } from "@sigil/runtime";
import { fileFolder, urlFolder, type CheckpointFolder } from "./checkpoint/folder.ts";
import { openCheckpoint, type OpenCheckpoint } from "./checkpoint/open-checkpoint.ts";
import { Classifier, type Picture } from "./classifier.ts";
import { create, element } from "./element.ts";
import { explainCamera, explainDrop, explainLoading, explainRun } from "./explain.ts";
import { megabytes, percent } from "./format.ts";
import {
  checkpoint as firstCheckpoint,
  compiledFor,
  labels as firstLabels,
  samples,
} from "./model.ts";
import { Newest } from "./newest.ts";
import { Camera } from "./pictures/camera.ts";
import { readDrop } from "./pictures/dropped.ts";
import { Still } from "./pictures/still.ts";
import { EngineView, type BackendWish } from "./views/engine-view.ts";
import { GalleryView } from "./views/gallery-view.ts";
import { LabelsView } from "./views/labels-view.ts";
import { NoticesView } from "./views/notices-view.ts";
import { TimesView } from "./views/times-view.ts";

const address = new URL(location.href);
const calm = matchMedia("(prefers-reduced-motion: reduce)");
const notices = new NoticesView(element("notices"));
const times = new TimesView(element("stages"));
const template = element<HTMLInputElement>("template");
const still = element<HTMLImageElement>("still");
const live = element<HTMLVideoElement>("live");

let opened: OpenCheckpoint | undefined;
let classifier: Classifier | undefined;
let wish: BackendWish =
  (["webgpu", "cpu"] as const).find((name) => name === address.searchParams.get("backend")) ??
  "auto";
/** The wish that the running classifier was opened with. */
let granted: BackendWish = wish;
/** Bytes of its weights. */
let weightBytes = 0;
let loading: AbortController | undefined;
let picture: Picture | undefined;
let camera: Camera | undefined;
/** What is shown again when the camera stops. */
let lastStill: Still | undefined;

const engine = new EngineView(
  (chosen) => {
    wish = chosen;
    if (opened) void start(opened);
  },
  () => loading?.abort(),
);
const labels = new LabelsView(
  element("labels"),
  element<HTMLButtonElement>("add-label"),
  firstLabels,
  () => runs.request(),
);
const gallery = new GalleryView(element("gallery"), (chosen) => void showStill(chosen));

/**
 * Opens a checkpoint and, if it fits, the model with it; until then the last one goes on running.
 */
async function load(next: CheckpointFolder): Promise<boolean> {
  notices.clear("checkpoint");
  loading?.abort();
  const control = (loading = new AbortController());
  engine.loading(`Opening ${next.name}`);
  try {
    const found = await openCheckpoint(next, control.signal);
    control.signal.throwIfAborted();
    return await start(found);
  } catch (error) {
    if (loading === control) failed("checkpoint", error as Error, control);
    return false;
  }
}

/** Loads the weights onto the backend that is wished for. */
async function start(checkpoint: OpenCheckpoint): Promise<boolean> {
  notices.clear("backend");
  loading?.abort();
  const control = (loading = new AbortController());
  engine.wish = wish;
  engine.loading(`Loading ${checkpoint.name}`);
  const asked = wish;
  try {
    const next = await Classifier.open(checkpoint, {
      backend: asked,
      signal: control.signal,
      onProgress: (loaded, total) => {
        weightBytes = total;
        if (loading === control) engine.loading(`Loading ${checkpoint.name}`, loaded, total);
      },
      onKernels: (done, total) => {
        if (loading === control) engine.readying(done, total);
      },
      onDeviceLost: (error) => {
        notices.show("device", {
          kind: "info",
          title: "The GPU was lost, and asked for again",
          detail: "Its weights are loaded onto it again. Nothing that you did is lost.",
          technical: error.message,
        });
        runs.request();
      },
    });
    if (loading !== control) {
      await next.dispose();
      return false;
    }
    const [last, lastCheckpoint] = [classifier, opened];
    [classifier, opened, granted, loading] = [next, checkpoint, asked, undefined];
    engine.ready(next.choice, next.backend, asked);
    await showFacts(checkpoint, weightBytes);
    remember(asked);
    runs.request();
    await last?.dispose();
    if (lastCheckpoint !== checkpoint) await lastCheckpoint?.weights.close();
    return true;
  } catch (error) {
    if (loading === control) failed("backend", error as Error, control);
    return false;
  }
}

/** Says what went wrong and what runs on. */
function failed(subject: string, error: Error, control: AbortController): void {
  loading = undefined;
  if (!control.signal.aborted) notices.show(subject, explainLoading(error));
  if (classifier) {
    wish = granted;
    engine.wish = wish;
    engine.ready(classifier.choice, classifier.backend, granted);
  } else
    engine.stopped(
      control.signal.aborted
        ? "Loading was cancelled. Choose where to run to begin again."
        : "Choose another checkpoint, or another place to run.",
    );
}

const runs = new Newest(async () => {
  const [now, shown, words] = [classifier, picture, labels.labels];
  if (!now || !shown || !checkTemplate()) return;
  if (words.length === 0) {
    element("best").hidden = true;
    return labels.show(new Map());
  }
  try {
    if (shown instanceof Still) await shown.load();
    const { scores, times: spent } = await now.classify(shown, words, template.value);
    if (now !== classifier || (shown !== picture && shown instanceof Still)) return;
    const frame = !(shown instanceof Still);
    labels.show(new Map(words.map((word, i) => [word, scores[i]!])));
    times.show(spent, frame);
    notices.clear("run");
    showBest(words, scores);
    announce(words, scores, frame);
    // Bars that jump with every frame are motion too.
    if (frame && calm.matches) await new Promise((resolve) => setTimeout(resolve, 500));
  } catch (error) {
    // A lost device has another run coming; a classifier that was replaced, or a camera that was
    // stopped, has nothing to say.
    if (
      now !== classifier ||
      (error as { readonly code?: string }).code === "device-lost" ||
      (!camera && !(shown instanceof Still))
    )
      return;
    notices.show(
      "run",
      explainRun(error as Error, shown instanceof Still ? shown.name : "The frame"),
    );
    if (shown instanceof Still && (error as Error).name === "ImageError") gallery.remove(shown);
    else showLast();
  }
});

/** Over the picture, for those whose screen has no room for picture and labels at once. */
function showBest(words: readonly string[], scores: readonly number[]): void {
  const best = scores.indexOf(Math.max(...scores));
  const chip = element("best");
  chip.replaceChildren(
    create("span", { textContent: words[best]! }),
    create("strong", { textContent: percent(scores[best]!) }),
  );
  chip.hidden = false;
}

let spoken = "";
let speaking: ReturnType<typeof setTimeout> | undefined;
/** Tells assistive technology the best label, once it has settled. */
function announce(words: readonly string[], scores: readonly number[], live: boolean): void {
  const best = scores.indexOf(Math.max(...scores));
  const text = live ? `Best: ${words[best]}` : `Best: ${words[best]}, ${percent(scores[best]!)}`;
  if (text === spoken) return;
  spoken = text;
  clearTimeout(speaking);
  speaking = setTimeout(() => (element("result").textContent = text), live ? 1500 : 500);
}

function checkTemplate(): boolean {
  const valid = template.value.split("{}").length === 2;
  template.setAttribute("aria-invalid", String(!valid));
  element("template-error").hidden = valid;
  return valid;
}

async function showStill(chosen: Still): Promise<void> {
  stopCamera();
  picture = lastStill = chosen;
  still.src = chosen.url;
  still.alt = chosen.name;
  still.hidden = false;
  element("stage").dataset.empty = "false";
  runs.request();
}

function addPictures(files: readonly File[]): void {
  if (files.length === 0) return;
  const stills = files.map((file) => Still.fromFile(file));
  gallery.add(stills);
  gallery.select(stills[0]!);
}

const cameraButton = element<HTMLButtonElement>("camera");
async function startCamera(): Promise<void> {
  notices.clear("camera");
  cameraButton.disabled = true;
  try {
    camera = await Camera.start(live, {
      onFrame: (frame) => {
        picture = frame;
        runs.request();
      },
      onEnd: () => {
        showLast();
        notices.show("camera", {
          kind: "info",
          title: "The camera was disconnected",
          detail: "Connect it and start it again, or choose pictures.",
        });
      },
    });
    gallery.deselect();
    still.hidden = true;
    live.hidden = false;
    element("stage").dataset.empty = "false";
    cameraButton.setAttribute("aria-pressed", "true");
    cameraButton.textContent = "Stop the camera";
  } catch (error) {
    notices.show("camera", explainCamera(error as Error));
  } finally {
    cameraButton.disabled = false;
  }
}

function stopCamera(): void {
  if (!camera) return;
  camera.stop();
  camera = undefined;
  picture = undefined;
  live.hidden = true;
  element("stage").dataset.empty = "true";
  cameraButton.setAttribute("aria-pressed", "false");
  cameraButton.textContent = "Use the camera";
}

/** From the camera back to the picture before it. */
function showLast(): void {
  stopCamera();
  if (lastStill) gallery.select(lastStill);
}

async function showFacts(checkpoint: OpenCheckpoint, bytes: number): Promise<void> {
  const kept = (await cachedFiles().catch(() => [])).reduce(
    (sum, { storedBytes }) => sum + storedBytes,
    0,
  );
  const facts = {
    "Compiled for": compiledFor.name,
    Checkpoint: checkpoint.name,
    Weights: megabytes(bytes),
    "Kept here": kept > 0 ? megabytes(kept) : "nothing",
  };
  element("facts").replaceChildren(
    ...Object.entries(facts).map(([name, value]) => {
      const pair = create("div");
      pair.append(create("dt", { textContent: name }), create("dd", { textContent: value }));
      return pair;
    }),
  );
  element("forget").hidden = kept === 0;
}

/** Keeps the choices in the address, so that it can be shared and reloaded. */
function remember(backend: BackendWish): void {
  if (backend === "auto") address.searchParams.delete("backend");
  else address.searchParams.set("backend", backend);
  history.replaceState(undefined, "", address);
}

async function loadFiles(files: readonly File[]): Promise<void> {
  if (files.length > 0 && (await load(fileFolder(files))))
    address.searchParams.delete("checkpoint");
}

async function loadUrl(url: string): Promise<void> {
  let next: CheckpointFolder;
  try {
    next = urlFolder(url);
  } catch {
    return notices.show("checkpoint", {
      kind: "error",
      title: "This is no address",
      detail:
        "Give the address of a checkpoint folder, for example " +
        "https://example.org/models/my-siglip.",
    });
  }
  if (await load(next)) address.searchParams.set("checkpoint", url);
  history.replaceState(undefined, "", address);
}

/** A button that opens a file picker. */
function picker(button: string, input: string, onFiles: (files: readonly File[]) => unknown): void {
  const field = element<HTMLInputElement>(input);
  element(button).addEventListener("click", () => field.click());
  field.addEventListener("change", () => {
    onFiles([...(field.files ?? [])]);
    // The same files may be chosen again.
    field.value = "";
  });
}

picker("choose", "picture-files", addPictures);
picker("choose-folder", "checkpoint-folder", loadFiles);
picker("choose-files", "checkpoint-files", loadFiles);
element("forget").addEventListener("click", async () => {
  await clearCached();
  if (opened) await showFacts(opened, weightBytes);
  element("choose-folder").focus();
});
cameraButton.addEventListener("click", () => (camera ? showLast() : void startCamera()));
template.addEventListener("input", () => runs.request());
element("checkpoint-form").addEventListener("submit", (event) => {
  event.preventDefault();
  void loadUrl(element<HTMLInputElement>("checkpoint-url").value.trim());
});

let dragging = 0;
const showDrop = (shown: boolean): void => void (element("drop").dataset.shown = String(shown));
addEventListener("dragenter", () => showDrop(++dragging > 0));
addEventListener("dragleave", () => showDrop(--dragging > 0));
addEventListener("dragover", (event) => event.preventDefault());
addEventListener("drop", async (event) => {
  event.preventDefault();
  showDrop((dragging = 0) > 0);
  if (!event.dataTransfer) return;
  notices.clear("drop");
  try {
    const { kind, files } = await readDrop(event.dataTransfer);
    if (kind === "checkpoint") await loadFiles(files);
    else addPictures(files);
  } catch (error) {
    notices.show("drop", explainDrop(error as Error));
  }
});
addEventListener("paste", (event) => addPictures([...(event.clipboardData?.files ?? [])]));

engine.wish = wish;
const stills = samples.map((sample) =>
  Still.fromUrl(new URL(`${firstCheckpoint}/${sample}`, document.baseURI).href),
);
gallery.add(stills);
gallery.select(stills[0]!);
void loadUrl(address.searchParams.get("checkpoint") ?? firstCheckpoint);
