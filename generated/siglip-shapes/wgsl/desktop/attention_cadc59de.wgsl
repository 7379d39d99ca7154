// {"family":"attention","batch":{"factor":1,"symbols":["image_batch"]},"heads":4,"headSize":32,"queries":64,"keys":64,"queryStride":384,"keyStride":384,"valueStride":384,"sharedQuery":false,"scale":0.17677669529663687,"mask":false,"probabilities":false}
// choice: 64 queries of a head a workgroup, keys and values 16 at a time in workgroup memory
// origins: vision_model.encoder.layers.0.attention, vision_model.encoder.layers.1.attention, vision_model.encoder.layers.2.attention, vision_model.encoder.layers.3.attention, vision_model.encoder.layers.4.attention
@group(0) @binding(0) var<storage, read_write> q_k_v: array<vec4f>;
@group(0) @binding(1) var<storage, read_write> out: array<vec4f>;
var<workgroup> key_tile: array<vec4f, 128>;
var<workgroup> value_tile: array<vec4f, 128>;

@compute @workgroup_size(64, 1)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_id) local: vec3u) {
  let batch = (group.y / 4u);
  let head = (group.y % 4u);
  let query = ((group.x * 64u) + local.x);
  let in_queries = min(query, 63u);
  let query_row = ((batch * 64u) + in_queries);
  var own: array<vec4f, 8>;
  var sums: array<vec4f, 8>;
  for (var quad = 0u; quad < 8u; quad += 1u) {
    own[quad] = (0.1767766922712326f * q_k_v[(((query_row * 96u) + (head * 8u)) + quad)]);
  }
  var top = -3.4028234663852886e38f;
  var total = 0f;
  for (var first_key = 0u; first_key < 64u; first_key += 16u) {
    for (var i = local.x; i < 128u; i += 64u) {
      let key = (i / 8u);
      let c = (i % 8u);
      let key_row = ((batch * 64u) + min((first_key + key), 63u));
      key_tile[((key * 8u) + c)] = q_k_v[(((32u + (key_row * 96u)) + (head * 8u)) + c)];
      value_tile[((key * 8u) + c)] = q_k_v[(((64u + (key_row * 96u)) + (head * 8u)) + c)];
    }
    workgroupBarrier();
    let here = min(16u, (64u - first_key));
    for (var tile_key = 0u; tile_key < here; tile_key += 4u) {
      var scores = vec4f(0f, 0f, 0f, 0f);
      for (var quad_1 = 0u; quad_1 < 8u; quad_1 += 1u) {
        let part = own[quad_1];
        scores += vec4f(dot(part, key_tile[((tile_key * 8u) + quad_1)]), dot(part, key_tile[(((tile_key * 8u) + quad_1) + 8u)]), dot(part, key_tile[(((tile_key * 8u) + quad_1) + 16u)]), dot(part, key_tile[(((tile_key * 8u) + quad_1) + 24u)]));
      }
      let first_of_four = (first_key + tile_key);
      let next = max(top, max(max(scores.x, scores.y), max(scores.z, scores.w)));
      let correction = exp((top - next));
      let raised = exp((scores - vec4f(next)));
      top = next;
      total = ((total * correction) + dot(raised, vec4f(1.0f)));
      for (var quad_2 = 0u; quad_2 < 8u; quad_2 += 1u) {
        sums[quad_2] = ((correction * sums[quad_2]) + (mat4x4f(value_tile[((tile_key * 8u) + quad_2)], value_tile[(((tile_key * 8u) + quad_2) + 8u)], value_tile[(((tile_key * 8u) + quad_2) + 16u)], value_tile[(((tile_key * 8u) + quad_2) + 24u)]) * raised));
      }
    }
    workgroupBarrier();
  }
  let inverse = (1f / total);
  let out_row = ((batch * 64u) + in_queries);
  if (query < 64u) {
    for (var quad_3 = 0u; quad_3 < 8u; quad_3 += 1u) {
      out[(((out_row * 32u) + (head * 8u)) + quad_3)] = (inverse * sums[quad_3]);
    }
  }
}
