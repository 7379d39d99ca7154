// {"family":"row_reduce","kind":"l2_normalize","rows":{"factor":1,"symbols":["image_batch"]},"width":128,"epsilon":0}
// choice: 32 threads a row, 1 rows a workgroup, reduced by subgroups
// origins: image_embeds
enable subgroups;
@group(0) @binding(0) var<storage, read_write> x: array<vec4f>;
@group(0) @binding(1) var<storage, read_write> y: array<vec4f>;
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
    let difference = value;
    partial += (difference * difference);
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
  let scale = vec4f((1f / sqrt(total)));
  for (var unit_1 = lane; unit_1 < 32u; unit_1 += 32u) {
    let value_1 = x[((row * 32u) + unit_1)];
    y[((row * 32u) + unit_1)] = (value_1 * scale);
  }
}
