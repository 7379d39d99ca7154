// {"family":"gemm","rows":{"factor":64,"symbols":["image_batch"]},"columns":128,"depth":192,"b":{"kind":"weight","storage":"float32"},"a":{"kind":"patches","channels":3,"height":64,"width":64,"patch":8,"gridHeight":8,"gridWidth":8},"epilogue":{"kind":"binary","function":"add","x":{"kind":"binary","function":"add","x":{"kind":"accumulator"},"y":{"kind":"operand","name":"bias"}},"y":{"kind":"operand","name":"e1"}},"epilogueOperands":[{"name":"bias","index":"column"},{"name":"e1","index":"periodic","period":64}]}
// choice: 6x32 a workgroup of 8x1 threads, straight from storage
// origins: vision_model.embeddings.patch_embedding, embeddings
@group(0) @binding(0) var<storage, read_write> a: array<vec4f>;
@group(0) @binding(1) var<storage, read> b: array<vec4f>;
@group(0) @binding(2) var<storage, read> bias: array<vec4f>;
@group(0) @binding(3) var<storage, read> e1: array<vec4f>;
@group(0) @binding(4) var<storage, read_write> c: array<vec4f>;

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
  let b_start_0 = ((first_panel + local.x) * 192u);
  let row_0 = min((first_row + local.y), 255u);
  let image = (row_0 / 64u);
  let cell = (row_0 % 64u);
  let row_1 = min((first_row + (local.y + 1u)), 255u);
  let image_1 = (row_1 / 64u);
  let cell_1 = (row_1 % 64u);
  let row_2 = min((first_row + (local.y + 2u)), 255u);
  let image_2 = (row_2 / 64u);
  let cell_2 = (row_2 % 64u);
  let row_3 = min((first_row + (local.y + 3u)), 255u);
  let image_3 = (row_3 / 64u);
  let cell_3 = (row_3 % 64u);
  let row_4 = min((first_row + (local.y + 4u)), 255u);
  let image_4 = (row_4 / 64u);
  let cell_4 = (row_4 % 64u);
  let row_5 = min((first_row + (local.y + 5u)), 255u);
  let image_5 = (row_5 / 64u);
  let cell_5 = (row_5 % 64u);
  for (var quad = 0u; quad < 48u; quad += 1u) {
    let k = (quad * 4u);
    let channel = (k / 64u);
    let rest = (k % 64u);
    let a_0 = a[((((((image * 3072u) + ((cell / 8u) * 128u)) + ((cell % 8u) * 2u)) + (channel * 1024u)) + ((rest / 8u) * 16u)) + ((k % 8u) / 4u))];
    let k_1 = (quad * 4u);
    let channel_1 = (k_1 / 64u);
    let rest_1 = (k_1 % 64u);
    let a_1 = a[((((((image_1 * 3072u) + ((cell_1 / 8u) * 128u)) + ((cell_1 % 8u) * 2u)) + (channel_1 * 1024u)) + ((rest_1 / 8u) * 16u)) + ((k_1 % 8u) / 4u))];
    let k_2 = (quad * 4u);
    let channel_2 = (k_2 / 64u);
    let rest_2 = (k_2 % 64u);
    let a_2 = a[((((((image_2 * 3072u) + ((cell_2 / 8u) * 128u)) + ((cell_2 % 8u) * 2u)) + (channel_2 * 1024u)) + ((rest_2 / 8u) * 16u)) + ((k_2 % 8u) / 4u))];
    let k_3 = (quad * 4u);
    let channel_3 = (k_3 / 64u);
    let rest_3 = (k_3 % 64u);
    let a_3 = a[((((((image_3 * 3072u) + ((cell_3 / 8u) * 128u)) + ((cell_3 % 8u) * 2u)) + (channel_3 * 1024u)) + ((rest_3 / 8u) * 16u)) + ((k_3 % 8u) / 4u))];
    let k_4 = (quad * 4u);
    let channel_4 = (k_4 / 64u);
    let rest_4 = (k_4 % 64u);
    let a_4 = a[((((((image_4 * 3072u) + ((cell_4 / 8u) * 128u)) + ((cell_4 % 8u) * 2u)) + (channel_4 * 1024u)) + ((rest_4 / 8u) * 16u)) + ((k_4 % 8u) / 4u))];
    let k_5 = (quad * 4u);
    let channel_5 = (k_5 / 64u);
    let rest_5 = (k_5 % 64u);
    let a_5 = a[((((((image_5 * 3072u) + ((cell_5 / 8u) * 128u)) + ((cell_5 % 8u) * 2u)) + (channel_5 * 1024u)) + ((rest_5 / 8u) * 16u)) + ((k_5 % 8u) / 4u))];
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
      let e1_1 = e1[(((to_row % 64u) * 32u) + to_panel)];
      let v_add_1 = (v_add + e1_1);
      c[((to_row * 32u) + to_panel)] = v_add_1;
    }
  }
}
