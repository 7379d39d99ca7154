// {"family":"row_reduce","kind":"layer_norm","rows":{"factor":16,"symbols":["text_batch"]},"width":128,"epsilon":0.000001}
// choice: 32 threads a row, 2 rows a workgroup
// origins: text_model.encoder.layers.0.layer_norm1, text_model.encoder.layers.0.layer_norm2, text_model.encoder.layers.1.layer_norm1, text_model.encoder.layers.1.layer_norm2, text_model.encoder.layers.2.layer_norm1, text_model.encoder.layers.2.layer_norm2, text_model.final_layer_norm
@group(0) @binding(0) var<storage, read_write> x: array<vec4f>;
@group(0) @binding(1) var<storage, read> weight: array<vec4f>;
@group(0) @binding(2) var<storage, read> bias: array<vec4f>;
@group(0) @binding(3) var<storage, read_write> y: array<vec4f>;
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
    partial += value;
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
  let mean = vec4f((total / 128f));
  var partial_1 = vec4f(0f);
  for (var unit_1 = lane; unit_1 < 32u; unit_1 += 32u) {
    let value_1 = x[((row * 32u) + unit_1)];
    let difference = (value_1 - mean);
    partial_1 += (difference * difference);
  }
  let own_1 = (first + lane);
  scratch[own_1] = dot(partial_1, vec4f(1.0f));
  workgroupBarrier();
  if (lane < 16u) {
    scratch[own_1] = (scratch[own_1] + scratch[(own_1 + 16u)]);
  }
  workgroupBarrier();
  if (lane < 8u) {
    scratch[own_1] = (scratch[own_1] + scratch[(own_1 + 8u)]);
  }
  workgroupBarrier();
  if (lane < 4u) {
    scratch[own_1] = (scratch[own_1] + scratch[(own_1 + 4u)]);
  }
  workgroupBarrier();
  if (lane < 2u) {
    scratch[own_1] = (scratch[own_1] + scratch[(own_1 + 2u)]);
  }
  workgroupBarrier();
  if (lane < 1u) {
    scratch[own_1] = (scratch[own_1] + scratch[(own_1 + 1u)]);
  }
  workgroupBarrier();
  let total_1 = scratch[first];
  workgroupBarrier();
  let scale = vec4f((1f / sqrt(((total_1 / 128f) + 9.999999974752427e-7f))));
  for (var unit_2 = lane; unit_2 < 32u; unit_2 += 32u) {
    let value_2 = x[((row * 32u) + unit_2)];
    y[((row * 32u) + unit_2)] = ((((value_2 - mean) * scale) * weight[unit_2]) + bias[unit_2]);
  }
}
