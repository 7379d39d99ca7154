// {"family":"gemm","rows":{"factor":64,"symbols":["image_batch"]},"columns":128,"depth":192,"b":{"kind":"weight","storage":"float32"},"a":{"kind":"patches","channels":3,"height":64,"width":64,"patch":8,"gridHeight":8,"gridWidth":8},"epilogue":{"kind":"binary","function":"add","x":{"kind":"binary","function":"add","x":{"kind":"accumulator"},"y":{"kind":"operand","name":"bias"}},"y":{"kind":"operand","name":"e1"}},"epilogueOperands":[{"name":"bias","index":"column"},{"name":"e1","index":"periodic","period":64}]}
// choice: 8x32 a workgroup of 8x1 threads, straight from storage, rows broadcast in subgroups
// origins: vision_model.embeddings.patch_embedding, embeddings
diagnostic(off, subgroup_uniformity);
enable subgroups;
@group(0) @binding(0) var<storage, read_write> a: array<vec4f>;
@group(0) @binding(1) var<storage, read> b: array<vec4f>;
@group(0) @binding(2) var<storage, read> bias: array<vec4f>;
@group(0) @binding(3) var<storage, read> e1: array<vec4f>;
@group(0) @binding(4) var<storage, read_write> c: array<vec4f>;

@compute @workgroup_size(8, 1)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_id) local: vec3u, @builtin(subgroup_invocation_id) subgroup_lane: u32) {
  let first_row = (group.y * 8u);
  let first_panel = (group.x * 8u);
  var sum_0_0 = vec4f();
  var sum_1_0 = vec4f();
  var sum_2_0 = vec4f();
  var sum_3_0 = vec4f();
  var sum_4_0 = vec4f();
  var sum_5_0 = vec4f();
  var sum_6_0 = vec4f();
  var sum_7_0 = vec4f();
  var results: array<vec4f, 8>;
  let b_start_0 = ((first_panel + local.x) * 192u);
  if (subgroupAdd(u32((subgroup_lane < 8u))) == 8u) {
    let own_row_0 = min((first_row + subgroup_lane), 255u);
    let image = (own_row_0 / 64u);
    let cell = (own_row_0 % 64u);
    for (var quad = 0u; quad < (48u + group.z); quad += 1u) {
      let k = (quad * 4u);
      let channel = (k / 64u);
      let rest = (k % 64u);
      let own_0 = a[((((((image * 3072u) + ((cell / 8u) * 128u)) + ((cell % 8u) * 2u)) + (channel * 1024u)) + ((rest / 8u) * 16u)) + ((k % 8u) / 4u))];
      let a_0 = subgroupBroadcast(own_0, 0u);
      let a_1 = subgroupBroadcast(own_0, 1u);
      let a_2 = subgroupBroadcast(own_0, 2u);
      let a_3 = subgroupBroadcast(own_0, 3u);
      let a_4 = subgroupBroadcast(own_0, 4u);
      let a_5 = subgroupBroadcast(own_0, 5u);
      let a_6 = subgroupBroadcast(own_0, 6u);
      let a_7 = subgroupBroadcast(own_0, 7u);
      let b_0 = mat4x4f(b[(b_start_0 + (quad * 4u))], b[(b_start_0 + ((quad * 4u) + 1u))], b[(b_start_0 + ((quad * 4u) + 2u))], b[(b_start_0 + ((quad * 4u) + 3u))]);
      sum_0_0 += (b_0 * a_0);
      sum_1_0 += (b_0 * a_1);
      sum_2_0 += (b_0 * a_2);
      sum_3_0 += (b_0 * a_3);
      sum_4_0 += (b_0 * a_4);
      sum_5_0 += (b_0 * a_5);
      sum_6_0 += (b_0 * a_6);
      sum_7_0 += (b_0 * a_7);
    }
    results[0u] = sum_0_0;
    results[1u] = sum_1_0;
    results[2u] = sum_2_0;
    results[3u] = sum_3_0;
    results[4u] = sum_4_0;
    results[5u] = sum_5_0;
    results[6u] = sum_6_0;
    results[7u] = sum_7_0;
  } else {
    for (var r = 0u; r < (8u + group.z); r += 1u) {
      let row = min((first_row + r), 255u);
      let image_1 = (row / 64u);
      let cell_1 = (row % 64u);
      var sum_0 = vec4f();
      for (var quad_1 = 0u; quad_1 < (48u + group.z); quad_1 += 1u) {
        let k_1 = (quad_1 * 4u);
        let channel_1 = (k_1 / 64u);
        let rest_1 = (k_1 % 64u);
        let a_row = a[((((((image_1 * 3072u) + ((cell_1 / 8u) * 128u)) + ((cell_1 % 8u) * 2u)) + (channel_1 * 1024u)) + ((rest_1 / 8u) * 16u)) + ((k_1 % 8u) / 4u))];
        let b_0_1 = mat4x4f(b[(b_start_0 + (quad_1 * 4u))], b[(b_start_0 + ((quad_1 * 4u) + 1u))], b[(b_start_0 + ((quad_1 * 4u) + 2u))], b[(b_start_0 + ((quad_1 * 4u) + 3u))]);
        sum_0 += (b_0_1 * a_row);
      }
      results[r] = sum_0;
    }
  }
  for (var result = 0u; result < 8u; result += 1u) {
    let to_row = (first_row + (local.y + result));
    let to_panel = (first_panel + local.x);
    let sum = results[result];
    let bias_1 = bias[to_panel];
    let v_add = (sum + bias_1);
    let e1_1 = e1[(((to_row % 64u) * 32u) + to_panel)];
    let v_add_1 = (v_add + e1_1);
    c[((to_row * 32u) + to_panel)] = v_add_1;
  }
}
