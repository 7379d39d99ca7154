// {"family":"map","rows":{"factor":1,"symbols":["text_batch"]},"width":128,"expression":{"kind":"operand","name":"x"},"operands":[{"name":"x","index":"strided","stride":2048,"first":1920}]}
// choice: a thread per four elements
// origins: last_token
@group(0) @binding(0) var<storage, read_write> x: array<vec4f>;
@group(0) @binding(1) var<storage, read_write> y: array<vec4f>;

@compute @workgroup_size(16, 4)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_id) local: vec3u) {
  let unit = ((group.x * 16u) + local.x);
  let row = ((group.y * 4u) + local.y);
  if ((unit >= 32u) || (row >= 16u)) {
    return;
  }
  let x_1 = x[(((row * 512u) + 480u) + unit)];
  y[((row * 32u) + unit)] = x_1;
}
