// {"family":"map","rows":{"factor":16,"symbols":["text_batch"]},"width":128,"expression":{"kind":"binary","function":"add","x":{"kind":"operand","name":"x"},"y":{"kind":"operand","name":"y"}},"operands":[{"name":"x","index":"element"},{"name":"y","index":"element"}]}
// choice: a thread per four elements
// origins: embeddings
@group(0) @binding(0) var<storage, read_write> x: array<vec4f>;
@group(0) @binding(1) var<storage, read_write> y: array<vec4f>;
@group(0) @binding(2) var<storage, read_write> y_1: array<vec4f>;

@compute @workgroup_size(16, 4)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_id) local: vec3u) {
  let unit = ((group.x * 16u) + local.x);
  let row = ((group.y * 4u) + local.y);
  if ((unit >= 32u) || (row >= 256u)) {
    return;
  }
  let x_1 = x[((row * 32u) + unit)];
  let y_2 = y[((row * 32u) + unit)];
  let v_add = (x_1 + y_2);
  y_1[((row * 32u) + unit)] = v_add;
}
