// {"family":"map","rows":{"factor":1,"symbols":["image_batch"]},"width":128,"expression":{"kind":"operand","name":"x"},"operands":[{"name":"x","index":"strided","stride":128,"first":0}]}
// choice: a thread per four elements
// origins: vision_model.head.pooled
@group(0) @binding(0) var<storage, read_write> x: array<vec4f>;
@group(0) @binding(1) var<storage, read_write> y: array<vec4f>;

@compute @workgroup_size(16, 4)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_id) local: vec3u) {
  let unit = ((group.x * 16u) + local.x);
  let row = ((group.y * 4u) + local.y);
  if ((unit >= 32u) || (row >= 4u)) {
    return;
  }
  let x_1 = x[((row * 32u) + unit)];
  y[((row * 32u) + unit)] = x_1;
}
