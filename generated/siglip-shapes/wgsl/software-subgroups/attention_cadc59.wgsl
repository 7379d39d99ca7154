// {"family":"attention","batch":{"factor":1,"symbols":["image_batch"]},"heads":4,"headSize":32,"queries":64,"keys":64,"queryStride":384,"keyStride":384,"valueStride":384,"sharedQuery":false,"scale":0.17677669529663687,"mask":false,"probabilities":false}
// choice: 8 queries of a head a workgroup, keys and values straight from storage
// origins: vision_model.encoder.layers.0.attention, vision_model.encoder.layers.1.attention, vision_model.encoder.layers.2.attention, vision_model.encoder.layers.3.attention, vision_model.encoder.layers.4.attention
@group(0) @binding(0) var<storage, read_write> q_k_v: array<vec4f>;
@group(0) @binding(1) var<storage, read_write> out: array<vec4f>;

@compute @workgroup_size(8, 1)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_id) local: vec3u) {
  let batch = (group.y / 4u);
  let head = (group.y % 4u);
  let query = ((group.x * 8u) + local.x);
  let in_queries = min(query, 63u);
  let query_row = ((batch * 64u) + in_queries);
  let count = (8u + group.z);
  var own: array<vec4f, 8>;
  var sums: array<vec4f, 8>;
  for (var quad = 0u; quad < 8u; quad += 1u) {
    own[quad] = (0.1767766922712326f * q_k_v[(((query_row * 96u) + (head * 8u)) + quad)]);
  }
  var top = -3.4028234663852886e38f;
  var total = 0f;
  for (var key = 0u; key < 64u; key += 4u) {
    let key_row = ((batch * 64u) + min(key, 63u));
    let key_row_1 = ((batch * 64u) + min((key + 1u), 63u));
    let key_row_2 = ((batch * 64u) + min((key + 2u), 63u));
    let key_row_3 = ((batch * 64u) + min((key + 3u), 63u));
    var scores = vec4f(0f, 0f, 0f, 0f);
    for (var quad_1 = 0u; quad_1 < count; quad_1 += 1u) {
      let part = own[quad_1];
      scores += vec4f(dot(part, q_k_v[(((32u + (key_row * 96u)) + (head * 8u)) + quad_1)]), dot(part, q_k_v[(((32u + (key_row_1 * 96u)) + (head * 8u)) + quad_1)]), dot(part, q_k_v[(((32u + (key_row_2 * 96u)) + (head * 8u)) + quad_1)]), dot(part, q_k_v[(((32u + (key_row_3 * 96u)) + (head * 8u)) + quad_1)]));
    }
    let next = max(top, max(max(scores.x, scores.y), max(scores.z, scores.w)));
    let correction = exp((top - next));
    let raised = exp((scores - vec4f(next)));
    top = next;
    total = ((total * correction) + dot(raised, vec4f(1.0f)));
    for (var quad_2 = 0u; quad_2 < count; quad_2 += 1u) {
      sums[quad_2] = ((correction * sums[quad_2]) + (mat4x4f(q_k_v[(((64u + (key_row * 96u)) + (head * 8u)) + quad_2)], q_k_v[(((64u + (key_row_1 * 96u)) + (head * 8u)) + quad_2)], q_k_v[(((64u + (key_row_2 * 96u)) + (head * 8u)) + quad_2)], q_k_v[(((64u + (key_row_3 * 96u)) + (head * 8u)) + quad_2)]) * raised));
    }
  }
  let inverse = (1f / total);
  let out_row = ((batch * 64u) + in_queries);
  if (query < 64u) {
    for (var quad_3 = 0u; quad_3 < 8u; quad_3 += 1u) {
      out[(((out_row * 32u) + (head * 8u)) + quad_3)] = (inverse * sums[quad_3]);
    }
  }
}
