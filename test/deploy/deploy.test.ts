/** What is deployed: manifests that KServe takes, and an image of what the repository has. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { createServer } from "@sigil/serve";
import { Ajv } from "ajv";
import { expect, it } from "vitest";
import { parse } from "yaml";
import { published } from "../packages/pack-published.ts";
import { clusterServingRuntime, inferenceService } from "./kserve-schema.ts";

const deploy = join(import.meta.dirname, "../../deploy");
const readManifest = (name: string): unknown =>
  parse(readFileSync(join(deploy, "kserve", name), "utf8"));

interface Runtime {
  readonly spec: {
    readonly supportedModelFormats: readonly { readonly name: string }[];
    readonly containers: readonly [
      {
        readonly image: string;
        readonly args: readonly string[];
        readonly ports: readonly { readonly containerPort: number }[];
        readonly readinessProbe: { readonly httpGet: { readonly path: string } };
        readonly livenessProbe: { readonly httpGet: { readonly path: string } };
      },
    ];
  };
}
const runtime = readManifest("serving-runtime.yaml") as Runtime;
const [container] = runtime.spec.containers;

it.each([
  ["serving-runtime.yaml", clusterServingRuntime],
  ["inference-service.yaml", inferenceService],
])("%s has the fields that KServe's API has", (name, schema) => {
  const validate = new Ajv({ allErrors: true, strict: false }).compile(schema);
  validate(readManifest(name));
  expect(validate.errors).toBeNull();
  const misspelt = structuredClone(readManifest(name)) as { spec: Record<string, unknown> };
  misspelt.spec.protocolVersion = ["v2"];
  expect(validate(misspelt)).toBe(false);
});

it("the service asks for a format that the runtime takes", () => {
  const { spec } = readManifest("inference-service.yaml") as {
    readonly spec: { readonly predictor: { readonly model: { readonly modelFormat: object } } };
  };
  expect(runtime.spec.supportedModelFormats).toContainEqual(
    expect.objectContaining(spec.predictor.model.modelFormat),
  );
});

it("the probes are answered, and metrics are where Prometheus is sent", async () => {
  const app = await createServer([], { version: "0" });
  const { annotations } = (runtime as unknown as { spec: { annotations: object } }).spec;
  const paths = [
    container.readinessProbe.httpGet.path,
    container.livenessProbe.httpGet.path,
    (annotations as Record<string, string>)["prometheus.kserve.io/path"]!,
  ];
  for (const path of paths) expect((await app.inject(path)).statusCode, path).toBe(200);
  await app.close();
});

it("the image is of this version and has every package that is published", () => {
  const { version } = JSON.parse(readFileSync("cli/package.json", "utf8")) as { version: string };
  expect(container.image).toBe(`ghcr.io/sigil-compiler/sigil:${version}`);
  const dockerfile = readFileSync(join(deploy, "Dockerfile"), "utf8");
  const packed = [...dockerfile.matchAll(/-w (\S+)/g)].map(([, name]) => name);
  expect(packed.toSorted()).toEqual(published.toSorted());
  expect(dockerfile).toContain(`EXPOSE ${container.ports[0]!.containerPort}\n`);
});
