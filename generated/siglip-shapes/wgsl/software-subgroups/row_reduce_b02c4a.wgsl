// {"family":"row_reduce","kind":"l2_normalize","rows":{"factor":1,"symbols":["image_batch"]},"width":128,"epsilon":0}
// choice: 1 threads a row, 64 rows a workgroup
// origins: image_embeds
@group(0) @binding(0) var<storage, read_write> x: array<vec4f>;
@group(0) @binding(1) var<storage, read_write> y: array<vec4f>;

@compute @workgroup_size(64, 1)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_id) local: vec3u) {
  let in_group = local.x;
  let row = ((group.x * 64u) + in_group);
  let clamped = min(row, 3u);
  let first = in_group;
  var partial = vec4f(0f);
  for (var unit = 0u; unit < 32u; unit += 1u) {
    let value = x[((clamped * 32u) + unit)];
    let difference = value;
    partial += (difference * difference);
  }
  let total = dot(partial, vec4f(1.0f));
  let scale = vec4f((1f / sqrt(total)));
  for (var unit_1 = 0u; unit_1 < 32u; unit_1 += 1u) {
    let value_1 = x[((clamped * 32u) + unit_1)];
    y[((clamped * 32u) + unit_1)] = (value_1 * scale);
  }
}
