// {"family":"row_reduce","kind":"layer_norm","rows":{"factor":1,"symbols":["image_batch"]},"width":128,"epsilon":0.000001}
// choice: 32 threads a row, 1 rows a workgroup, reduced by subgroups
// origins: vision_model.head.layernorm
enable subgroups;
@group(0) @binding(0) var<storage, read_write> x: array<vec4f>;
@group(0) @binding(1) var<storage, read> weight: array<vec4f>;
@group(0) @binding(2) var<storage, read> bias: array<vec4f>;
@group(0) @binding(3) var<storage, read_write> y: array<vec4f>;
var<workgroup> scratch: array<f32, 32>;

@compute @workgroup_size(32, 1)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_id) local: vec3u) {
  let lane = (local.x % 32u);
  let in_group = (local.x / 32u);
  let row = (group.x + in_group);
  let first = (in_group * 32u);
  var partial = vec4f(0f);
  for (var unit = lane; unit < 32u; unit += 32u) {
    let value = x[((row * 32u) + unit)];
    partial += value;
  }
  let rank = subgroupExclusiveAdd(1u);
  let count = subgroupAdd(1u);
  let own = subgroupAdd(dot(partial, vec4f(1.0f)));
  scratch[lane] = select(0f, own, (rank == 0u));
  workgroupBarrier();
  var others = 0f;
  for (var i = rank; i < 32u; i += count) {
    others = (others + scratch[i]);
  }
  let total = subgroupAdd(others);
  workgroupBarrier();
  let mean = vec4f((total / 128f));
  var partial_1 = vec4f(0f);
  for (var unit_1 = lane; unit_1 < 32u; unit_1 += 32u) {
    let value_1 = x[((row * 32u) + unit_1)];
    let difference = (value_1 - mean);
    partial_1 += (difference * difference);
  }
  let rank_1 = subgroupExclusiveAdd(1u);
  let count_1 = subgroupAdd(1u);
  let own_1 = subgroupAdd(dot(partial_1, vec4f(1.0f)));
  scratch[lane] = select(0f, own_1, (rank_1 == 0u));
  workgroupBarrier();
  var others_1 = 0f;
  for (var i_1 = rank_1; i_1 < 32u; i_1 += count_1) {
    others_1 = (others_1 + scratch[i_1]);
  }
  let total_1 = subgroupAdd(others_1);
  workgroupBarrier();
  let scale = vec4f((1f / sqrt(((total_1 / 128f) + 9.999999974752427e-7f))));
  for (var unit_2 = lane; unit_2 < 32u; unit_2 += 32u) {
    let value_2 = x[((row * 32u) + unit_2)];
    y[((row * 32u) + unit_2)] = ((((value_2 - mean) * scale) * weight[unit_2]) + bias[unit_2]);
  }
}
