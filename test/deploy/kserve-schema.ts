/**
 * What KServe's API takes of the manifests in deploy/kserve, as JSON schema: every field that it
 * has at the places that they use. From pkg/apis/serving/v1alpha1/servingruntime_types.go and
 * v1beta1/{component,predictor,model}.go of kserve/kserve, and core/v1 of Kubernetes.
 */
const text = { type: "string" };
const whole = { type: "integer" };
const flag = { type: "boolean" };
const any = {};
const list = (items: object): object => ({ type: "array", items });
const texts = { type: "object", additionalProperties: text };
const object = (properties: object, ...required: string[]): object => ({
  type: "object",
  properties,
  required,
  additionalProperties: false,
});
/** A port by number or name; a quantity of bytes or processors. */
const wholeOrText = { anyOf: [whole, text] };

const probe = object({
  exec: any,
  grpc: any,
  tcpSocket: any,
  httpGet: object(
    { path: text, port: wholeOrText, host: text, scheme: { enum: ["HTTP", "HTTPS"] } },
    "port",
  ),
  initialDelaySeconds: whole,
  timeoutSeconds: whole,
  periodSeconds: whole,
  successThreshold: whole,
  failureThreshold: whole,
  terminationGracePeriodSeconds: whole,
});
const quantities = { type: "object", additionalProperties: wholeOrText };
const container = object(
  {
    name: { type: "string", pattern: "^[a-z0-9]([-a-z0-9]*[a-z0-9])?$" },
    image: text,
    imagePullPolicy: { enum: ["Always", "IfNotPresent", "Never"] },
    command: list(text),
    args: list(text),
    workingDir: text,
    env: list(any),
    envFrom: list(any),
    ports: list(
      object(
        {
          containerPort: { ...whole, minimum: 1, maximum: 65535 },
          name: text,
          protocol: { enum: ["TCP", "UDP", "SCTP"] },
          hostPort: whole,
          hostIP: text,
        },
        "containerPort",
      ),
    ),
    resources: object({ requests: quantities, limits: quantities, claims: any }),
    livenessProbe: probe,
    readinessProbe: probe,
    startupProbe: probe,
    lifecycle: any,
    volumeMounts: list(any),
    volumeDevices: list(any),
    securityContext: object({
      allowPrivilegeEscalation: flag,
      capabilities: object({ add: list(text), drop: list(text) }),
      privileged: flag,
      readOnlyRootFilesystem: flag,
      runAsNonRoot: flag,
      runAsUser: whole,
      runAsGroup: whole,
      seccompProfile: any,
    }),
  },
  "name",
);
const metadata = object({ name: text, namespace: text, labels: texts, annotations: texts }, "name");
const kind = (apiVersion: string, name: string, spec: object): object =>
  object(
    { apiVersion: { const: apiVersion }, kind: { const: name }, metadata, spec },
    ...["apiVersion", "kind", "metadata", "spec"],
  );

const modelFormat = {
  name: text,
  version: { type: "string", pattern: "^\\d+(\\.\\d+){0,2}$" },
};

export const clusterServingRuntime = kind(
  "serving.kserve.io/v1alpha1",
  "ClusterServingRuntime",
  object(
    {
      supportedModelFormats: list(
        object({ ...modelFormat, autoSelect: flag, priority: { ...whole, minimum: 1 } }, "name"),
      ),
      multiModel: flag,
      disabled: flag,
      protocolVersions: list({ enum: ["v1", "v2", "grpc-v1", "grpc-v2"] }),
      workerSpec: any,
      containers: { ...list(container), minItems: 1 },
      volumes: list(any),
      nodeSelector: texts,
      affinity: any,
      tolerations: list(any),
      labels: texts,
      annotations: texts,
      imagePullSecrets: list(any),
      hostIPC: flag,
    },
    "containers",
  ),
);

export const inferenceService = kind(
  "serving.kserve.io/v1beta1",
  "InferenceService",
  object(
    {
      predictor: object(
        {
          minReplicas: whole,
          maxReplicas: whole,
          scaleTarget: whole,
          scaleMetric: { enum: ["cpu", "memory", "concurrency", "rps"] },
          containerConcurrency: whole,
          timeout: whole,
          canaryTrafficPercent: whole,
          labels: texts,
          annotations: texts,
          model: object(
            {
              modelFormat: object(modelFormat, "name"),
              runtime: text,
              protocolVersion: { enum: ["v1", "v2", "grpc-v1", "grpc-v2"] },
              storageUri: { type: "string", pattern: "^(hf|s3|gs|pvc|https?)://" },
              storage: any,
              args: list(text),
              env: list(any),
              resources: any,
            },
            "modelFormat",
          ),
        },
        "model",
      ),
      transformer: any,
      explainer: any,
    },
    "predictor",
  ),
);
