// {"family":"gemm","rows":{"factor":1,"symbols":["text_batch"]},"columns":{"factor":1,"symbols":["image_batch"]},"depth":128,"b":{"kind":"activation"},"a":{"kind":"rows","stride":128},"epilogue":{"kind":"binary","function":"add","x":{"kind":"binary","function":"mul","x":{"kind":"accumulator"},"y":{"kind":"unary","function":"exp","x":{"kind":"operand","name":"e0"}}},"y":{"kind":"operand","name":"e1"}},"epilogueOperands":[{"name":"e0","index":"scalar"},{"name":"e1","index":"scalar"}]}
// choice: a thread per element
// origins: logits_per_text_cosine, logits_per_text_scaled, logits_per_text
@group(0) @binding(0) var<storage, read_write> a: array<vec4f>;
@group(0) @binding(1) var<storage, read_write> b: array<vec4f>;
@group(0) @binding(2) var<storage, read> e0: array<f32>;
@group(0) @binding(3) var<storage, read> e1: array<f32>;
@group(0) @binding(4) var<storage, read_write> c: array<f32>;
@group(0) @binding(5) var<uniform> sizes: vec4u;

@compute @workgroup_size(8, 8)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_id) local: vec3u) {
  let row = ((group.y * 8u) + local.y);
  let column = ((group.x * 8u) + local.x);
  if ((row >= sizes.x) || (column >= sizes.y)) {
    return;
  }
  var sum = vec4f(0f);
  for (var k = 0u; k < 32u; k += 1u) {
    sum += (a[((row * 32u) + k)] * b[((column * 32u) + k)]);
  }
  let at_element = ((row * sizes.y) + column);
  let total = dot(sum, vec4f(1.0f));
  let e0_1 = e0[0u];
  let v_exp = exp(e0_1);
  let v_mul = (total * v_exp);
  let e1_1 = e1[0u];
  let v_add = (v_mul + e1_1);
  c[at_element] = v_add;
}
