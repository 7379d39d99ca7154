// {"family":"attention","batch":{"factor":1,"symbols":["image_batch"]},"heads":4,"headSize":32,"queries":1,"keys":64,"queryStride":128,"keyStride":256,"valueStride":256,"sharedQuery":true,"scale":0.17677669529663687,"mask":false,"probabilities":false}
// choice: 64 threads a query and head, scores in workgroup memory, reduced by subgroups
// origins: vision_model.head.attention
enable subgroups;
@group(0) @binding(0) var<storage, read_write> q: array<vec4f>;
@group(0) @binding(1) var<storage, read_write> k_v: array<vec4f>;
@group(0) @binding(2) var<storage, read_write> out: array<vec4f>;
var<workgroup> scores: array<f32, 64>;
var<workgroup> partials: array<vec4f, 64>;
var<workgroup> scratch: array<f32, 64>;

@compute @workgroup_size(64, 1)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_id) local: vec3u) {
  let batch = (group.y / 4u);
  let head = (group.y % 4u);
  let row = (batch + group.x);
  var most = -3.4028234663852886e38f;
  for (var key = local.x; key < 64u; key += 64u) {
    let key_row = ((batch * 64u) + key);
    var dot_1 = 0f;
    for (var quad = 0u; quad < 8u; quad += 1u) {
      dot_1 += dot(q[(((group.x * 32u) + (head * 8u)) + quad)], k_v[(((key_row * 64u) + (head * 8u)) + quad)]);
    }
    let score = (dot_1 * 0.1767766922712326f);
    scores[key] = score;
    most = max(most, score);
  }
  let rank = subgroupExclusiveAdd(1u);
  let count = subgroupAdd(1u);
  let own = subgroupMax(most);
  scratch[local.x] = select(-3.4028234663852886e38f, own, (rank == 0u));
  workgroupBarrier();
  var others = -3.4028234663852886e38f;
  for (var i = rank; i < 64u; i += count) {
    others = max(others, scratch[i]);
  }
  let total = subgroupMax(others);
  workgroupBarrier();
  var sum = 0f;
  for (var key_1 = local.x; key_1 < 64u; key_1 += 64u) {
    let raised = exp((scores[key_1] - total));
    scores[key_1] = raised;
    sum += raised;
  }
  let rank_1 = subgroupExclusiveAdd(1u);
  let count_1 = subgroupAdd(1u);
  let own_1 = subgroupAdd(sum);
  scratch[local.x] = select(0f, own_1, (rank_1 == 0u));
  workgroupBarrier();
  var others_1 = 0f;
  for (var i_1 = rank_1; i_1 < 64u; i_1 += count_1) {
    others_1 = (others_1 + scratch[i_1]);
  }
  let total_1 = subgroupAdd(others_1);
  workgroupBarrier();
  let inverse = (1f / total_1);
  // threads as (part of the keys, vector of the head)
  let own_quad = (local.x % 8u);
  let part = (local.x / 8u);
  var partial = vec4f();
  if ((part < 8u) && (own_quad < 8u)) {
    for (var key_2 = part; key_2 < 64u; key_2 += 8u) {
      let key_row_1 = ((batch * 64u) + key_2);
      partial += (scores[key_2] * k_v[(((32u + (key_row_1 * 64u)) + (head * 8u)) + own_quad)]);
    }
  }
  partials[local.x] = partial;
  workgroupBarrier();
  if (local.x < 8u) {
    var value = partials[local.x];
    value += partials[(local.x + 8u)];
    value += partials[(local.x + 16u)];
    value += partials[(local.x + 24u)];
    value += partials[(local.x + 32u)];
    value += partials[(local.x + 40u)];
    value += partials[(local.x + 48u)];
    value += partials[(local.x + 56u)];
    out[(((row * 32u) + (head * 8u)) + local.x)] = (inverse * value);
  }
}
