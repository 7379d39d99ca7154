// {"family":"gemm","rows":{"factor":1,"symbols":["image_batch"]},"columns":128,"depth":384,"b":{"kind":"weight","storage":"float32"},"a":{"kind":"rows","stride":384},"epilogue":{"kind":"binary","function":"add","x":{"kind":"binary","function":"add","x":{"kind":"accumulator"},"y":{"kind":"operand","name":"bias"}},"y":{"kind":"operand","name":"e1"}},"epilogueOperands":[{"name":"bias","index":"column"},{"name":"e1","index":"element"}]}
// choice: 1x256 a workgroup of 64x1 threads, straight from storage
// origins: vision_model.head.mlp.fc2, vision_model.head.sum
@group(0) @binding(0) var<storage, read_write> a: array<vec4f>;
@group(0) @binding(1) var<storage, read> b: array<vec4f>;
@group(0) @binding(2) var<storage, read> bias: array<vec4f>;
@group(0) @binding(3) var<storage, read_write> e1: array<vec4f>;
@group(0) @binding(4) var<storage, read_write> c: array<vec4f>;

@compute @workgroup_size(64, 1)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_id) local: vec3u) {
  let first_row = group.y;
  let first_panel = (group.x * 64u);
  var sum_0_0 = vec4f();
  var results: array<vec4f, 1>;
  let b_start_0 = (min((first_panel + local.x), 31u) * 384u);
  let row_0 = (first_row + local.y);
  for (var quad = 0u; quad < 96u; quad += 1u) {
    let a_0 = a[((row_0 * 96u) + quad)];
    let b_0 = mat4x4f(b[(b_start_0 + (quad * 4u))], b[(b_start_0 + ((quad * 4u) + 1u))], b[(b_start_0 + ((quad * 4u) + 2u))], b[(b_start_0 + ((quad * 4u) + 3u))]);
    sum_0_0 += (b_0 * a_0);
  }
  results[0u] = sum_0_0;
  for (var result = 0u; result < 1u; result += 1u) {
    let to_row = (first_row + (local.y + result));
    let to_panel = (first_panel + local.x);
    let sum = results[result];
    if (to_panel < 32u) {
      let bias_1 = bias[to_panel];
      let v_add = (sum + bias_1);
      let e1_1 = e1[((to_row * 32u) + to_panel)];
      let v_add_1 = (v_add + e1_1);
      c[((to_row * 32u) + to_panel)] = v_add_1;
    }
  }
}
