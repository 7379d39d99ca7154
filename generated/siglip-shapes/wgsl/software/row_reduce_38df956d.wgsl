// {"family":"row_reduce","kind":"layer_norm","rows":{"factor":16,"symbols":["text_batch"]},"width":128,"epsilon":0.000001}
// choice: 1 threads a row, 64 rows a workgroup
// origins: text_model.encoder.layers.0.layer_norm1, text_model.encoder.layers.0.layer_norm2, text_model.encoder.layers.1.layer_norm1, text_model.encoder.layers.1.layer_norm2, text_model.encoder.layers.2.layer_norm1, text_model.encoder.layers.2.layer_norm2, text_model.final_layer_norm
@group(0) @binding(0) var<storage, read_write> x: array<vec4f>;
@group(0) @binding(1) var<storage, read> weight: array<vec4f>;
@group(0) @binding(2) var<storage, read> bias: array<vec4f>;
@group(0) @binding(3) var<storage, read_write> y: array<vec4f>;

@compute @workgroup_size(64, 1)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_id) local: vec3u) {
  let in_group = local.x;
  let row = ((group.x * 64u) + in_group);
  let first = in_group;
  var partial = vec4f(0f);
  for (var unit = 0u; unit < 32u; unit += 1u) {
    let value = x[((row * 32u) + unit)];
    partial += value;
  }
  let total = dot(partial, vec4f(1.0f));
  let mean = vec4f((total / 128f));
  var partial_1 = vec4f(0f);
  for (var unit_1 = 0u; unit_1 < 32u; unit_1 += 1u) {
    let value_1 = x[((row * 32u) + unit_1)];
    let difference = (value_1 - mean);
    partial_1 += (difference * difference);
  }
  let total_1 = dot(partial_1, vec4f(1.0f));
  let scale = vec4f((1f / sqrt(((total_1 / 128f) + 9.999999974752427e-7f))));
  for (var unit_2 = 0u; unit_2 < 32u; unit_2 += 1u) {
    let value_2 = x[((row * 32u) + unit_2)];
    y[((row * 32u) + unit_2)] = ((((value_2 - mean) * scale) * weight[unit_2]) + bias[unit_2]);
  }
}
