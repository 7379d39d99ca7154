// {"family":"row_reduce","kind":"l2_normalize","rows":{"factor":1,"symbols":["text_batch"]},"width":128,"epsilon":0}
// choice: 32 threads a row, 2 rows a workgroup
// origins: text_embeds
@group(0) @binding(0) var<storage, read_write> x: array<vec4f>;
@group(0) @binding(1) var<storage, read_write> y: array<vec4f>;
var<workgroup> scratch: array<f32, 64>;

@compute @workgroup_size(64, 1)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_id) local: vec3u) {
  let lane = (local.x % 32u);
  let in_group = (local.x / 32u);
  let row = ((group.x * 2u) + in_group);
  let first = (in_group * 32u);
  var partial = vec4f(0f);
  for (var unit = lane; unit < 32u; unit += 32u) {
    let value = x[((row * 32u) + unit)];
    let difference = value;
    partial += (difference * difference);
  }
  let own = (first + lane);
  scratch[own] = dot(partial, vec4f(1.0f));
  workgroupBarrier();
  if (lane < 16u) {
    scratch[own] = (scratch[own] + scratch[(own + 16u)]);
  }
  workgroupBarrier();
  if (lane < 8u) {
    scratch[own] = (scratch[own] + scratch[(own + 8u)]);
  }
  workgroupBarrier();
  if (lane < 4u) {
    scratch[own] = (scratch[own] + scratch[(own + 4u)]);
  }
  workgroupBarrier();
  if (lane < 2u) {
    scratch[own] = (scratch[own] + scratch[(own + 2u)]);
  }
  workgroupBarrier();
  if (lane < 1u) {
    scratch[own] = (scratch[own] + scratch[(own + 1u)]);
  }
  workgroupBarrier();
  let total = scratch[first];
  workgroupBarrier();
  let scale = vec4f((1f / sqrt(total)));
  for (var unit_1 = lane; unit_1 < 32u; unit_1 += 32u) {
    let value_1 = x[((row * 32u) + unit_1)];
    y[((row * 32u) + unit_1)] = (value_1 * scale);
  }
}
