// {"family":"gemm","rows":{"factor":64,"symbols":["image_batch"]},"columns":384,"depth":128,"b":{"kind":"weight","storage":"float32"},"a":{"kind":"rows","stride":128},"epilogue":{"kind":"binary","function":"mul","x":{"kind":"binary","function":"mul","x":{"kind":"constant","value":0.5},"y":{"kind":"binary","function":"add","x":{"kind":"accumulator"},"y":{"kind":"operand","name":"bias"}}},"y":{"kind":"binary","function":"add","x":{"kind":"constant","value":1},"y":{"kind":"unary","function":"tanh","x":{"kind":"binary","function":"mul","x":{"kind":"constant","value":0.7978845608028654},"y":{"kind":"binary","function":"add","x":{"kind":"binary","function":"add","x":{"kind":"accumulator"},"y":{"kind":"operand","name":"bias"}},"y":{"kind":"binary","function":"mul","x":{"kind":"constant","value":0.044715},"y":{"kind":"binary","function":"mul","x":{"kind":"binary","function":"add","x":{"kind":"accumulator"},"y":{"kind":"operand","name":"bias"}},"y":{"kind":"binary","function":"mul","x":{"kind":"binary","function":"add","x":{"kind":"accumulator"},"y":{"kind":"operand","name":"bias"}},"y":{"kind":"binary","function":"add","x":{"kind":"accumulator"},"y":{"kind":"operand","name":"bias"}}}}}}}}}},"epilogueOperands":[{"name":"bias","index":"column"}]}
// choice: 6x32 a workgroup of 8x1 threads, straight from storage
// origins: vision_model.encoder.layers.0.mlp.fc1, vision_model.encoder.layers.0.mlp.act, vision_model.encoder.layers.1.mlp.fc1, vision_model.encoder.layers.1.mlp.act, vision_model.encoder.layers.2.mlp.fc1, vision_model.encoder.layers.2.mlp.act, vision_model.encoder.layers.3.mlp.fc1, vision_model.encoder.layers.3.mlp.act, vision_model.encoder.layers.4.mlp.fc1, vision_model.encoder.layers.4.mlp.act
@group(0) @binding(0) var<storage, read_write> a: array<vec4f>;
@group(0) @binding(1) var<storage, read> b: array<vec4f>;
@group(0) @binding(2) var<storage, read> bias: array<vec4f>;
@group(0) @binding(3) var<storage, read_write> c: array<vec4f>;

fn tanh_vec4f(x: vec4f) -> vec4f {
  return (sign(x) * ((vec4f(1f) - exp((abs(x) * vec4f(-2f)))) / (vec4f(1f) + exp((abs(x) * vec4f(-2f))))));
}

@compute @workgroup_size(8, 1)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_id) local: vec3u) {
  let first_row = (group.y * 6u);
  let first_panel = (group.x * 8u);
  var sum_0_0 = vec4f();
  var sum_1_0 = vec4f();
  var sum_2_0 = vec4f();
  var sum_3_0 = vec4f();
  var sum_4_0 = vec4f();
  var sum_5_0 = vec4f();
  var results: array<vec4f, 6>;
  let b_start_0 = ((first_panel + local.x) * 128u);
  let row_0 = min((first_row + local.y), 255u);
  let row_1 = min((first_row + (local.y + 1u)), 255u);
  let row_2 = min((first_row + (local.y + 2u)), 255u);
  let row_3 = min((first_row + (local.y + 3u)), 255u);
  let row_4 = min((first_row + (local.y + 4u)), 255u);
  let row_5 = min((first_row + (local.y + 5u)), 255u);
  for (var quad = 0u; quad < 32u; quad += 1u) {
    let a_0 = a[((row_0 * 32u) + quad)];
    let a_1 = a[((row_1 * 32u) + quad)];
    let a_2 = a[((row_2 * 32u) + quad)];
    let a_3 = a[((row_3 * 32u) + quad)];
    let a_4 = a[((row_4 * 32u) + quad)];
    let a_5 = a[((row_5 * 32u) + quad)];
    let b_0 = mat4x4f(b[(b_start_0 + (quad * 4u))], b[(b_start_0 + ((quad * 4u) + 1u))], b[(b_start_0 + ((quad * 4u) + 2u))], b[(b_start_0 + ((quad * 4u) + 3u))]);
    sum_0_0 += (b_0 * a_0);
    sum_1_0 += (b_0 * a_1);
    sum_2_0 += (b_0 * a_2);
    sum_3_0 += (b_0 * a_3);
    sum_4_0 += (b_0 * a_4);
    sum_5_0 += (b_0 * a_5);
  }
  results[0u] = sum_0_0;
  results[1u] = sum_1_0;
  results[2u] = sum_2_0;
  results[3u] = sum_3_0;
  results[4u] = sum_4_0;
  results[5u] = sum_5_0;
  for (var result = 0u; result < 6u; result += 1u) {
    let to_row = (first_row + (local.y + result));
    let to_panel = (first_panel + local.x);
    let sum = results[result];
    if (to_row < 256u) {
      let bias_1 = bias[to_panel];
      let v_add = (sum + bias_1);
      let v_mul = (vec4f(0.5f) * v_add);
      let v_mul_1 = (v_add * v_add);
      let v_mul_2 = (v_add * v_mul_1);
      let v_mul_3 = (vec4f(0.044714998453855515f) * v_mul_2);
      let v_add_1 = (v_add + v_mul_3);
      let v_mul_4 = (vec4f(0.7978845834732056f) * v_add_1);
      let v_tanh = tanh_vec4f(v_mul_4);
      let v_add_2 = (vec4f(1f) + v_tanh);
      let v_mul_5 = (v_mul * v_add_2);
      c[((to_row * 96u) + to_panel)] = v_mul_5;
    }
  }
}
