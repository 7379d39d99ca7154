// {"family":"gemm","rows":{"factor":16,"symbols":["text_batch"]},"columns":384,"depth":128,"b":{"kind":"weight","storage":"float32"},"a":{"kind":"rows","stride":128},"epilogue":{"kind":"binary","function":"add","x":{"kind":"accumulator"},"y":{"kind":"operand","name":"bias"}},"epilogueOperands":[{"name":"bias","index":"column"}]}
// choice: 32x64 a workgroup of 8x8 threads, 16 deep in workgroup memory
// origins: text_model.encoder.layers.0.self_attn.q_proj, text_model.encoder.layers.0.self_attn.k_proj, text_model.encoder.layers.0.self_attn.v_proj, text_model.encoder.layers.1.self_attn.q_proj, text_model.encoder.layers.1.self_attn.k_proj, text_model.encoder.layers.1.self_attn.v_proj, text_model.encoder.layers.2.self_attn.q_proj, text_model.encoder.layers.2.self_attn.k_proj, text_model.encoder.layers.2.self_attn.v_proj
@group(0) @binding(0) var<storage, read_write> a: array<vec4f>;
@group(0) @binding(1) var<storage, read> b: array<vec4f>;
@group(0) @binding(2) var<storage, read> bias: array<vec4f>;
@group(0) @binding(3) var<storage, read_write> c: array<vec4f>;
var<workgroup> a_tile: array<vec4f, 160>;
var<workgroup> b_tile: array<vec4f, 256>;

@compute @workgroup_size(8, 8)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_id) local: vec3u) {
  let first_row = (group.y * 32u);
  let first_panel = (group.x * 16u);
  var sum_0_0 = vec4f();
  var sum_0_1 = vec4f();
  var sum_1_0 = vec4f();
  var sum_1_1 = vec4f();
  var sum_2_0 = vec4f();
  var sum_2_1 = vec4f();
  var sum_3_0 = vec4f();
  var sum_3_1 = vec4f();
  var results: array<vec4f, 8>;
  let thread = ((local.y * 8u) + local.x);
  for (var block = 0u; block < 32u; block += 4u) {
    for (var i = thread; i < 128u; i += 64u) {
      let row = (i / 4u);
      let quad = (i % 4u);
      a_tile[((row * 5u) + quad)] = a[(((first_row + row) * 32u) + (block + quad))];
    }
    for (var i_1 = thread; i_1 < 256u; i_1 += 64u) {
      let panel = (i_1 / 16u);
      let k = (i_1 % 16u);
      b_tile[((k * 16u) + panel)] = b[(((first_panel + panel) * 128u) + ((block * 4u) + k))];
    }
    workgroupBarrier();
    for (var quad_1 = 0u; quad_1 < 4u; quad_1 += 1u) {
      let a_0 = a_tile[((local.y * 5u) + quad_1)];
      let a_1 = a_tile[(((local.y + 8u) * 5u) + quad_1)];
      let a_2 = a_tile[(((local.y + 16u) * 5u) + quad_1)];
      let a_3 = a_tile[(((local.y + 24u) * 5u) + quad_1)];
      let from_b = ((quad_1 * 64u) + local.x);
      let b_0 = mat4x4f(b_tile[from_b], b_tile[(from_b + 16u)], b_tile[(from_b + 32u)], b_tile[(from_b + 48u)]);
      let b_1 = mat4x4f(b_tile[(from_b + 8u)], b_tile[(from_b + 24u)], b_tile[(from_b + 40u)], b_tile[(from_b + 56u)]);
      sum_0_0 += (b_0 * a_0);
      sum_0_1 += (b_1 * a_0);
      sum_1_0 += (b_0 * a_1);
      sum_1_1 += (b_1 * a_1);
      sum_2_0 += (b_0 * a_2);
      sum_2_1 += (b_1 * a_2);
      sum_3_0 += (b_0 * a_3);
      sum_3_1 += (b_1 * a_3);
    }
    workgroupBarrier();
  }
  results[0u] = sum_0_0;
  results[1u] = sum_0_1;
  results[2u] = sum_1_0;
  results[3u] = sum_1_1;
  results[4u] = sum_2_0;
  results[5u] = sum_2_1;
  results[6u] = sum_3_0;
  results[7u] = sum_3_1;
  for (var result = 0u; result < 8u; result += 1u) {
    let to_row = (first_row + (local.y + ((result / 2u) * 8u)));
    let to_panel = (first_panel + (local.x + ((result % 2u) * 8u)));
    let sum = results[result];
    let bias_1 = bias[to_panel];
    let v_add = (sum + bias_1);
    c[((to_row * 96u) + to_panel)] = v_add;
  }
}
