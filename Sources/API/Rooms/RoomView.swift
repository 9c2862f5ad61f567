internal import Domain
internal import HotPath
internal import Ledger

/// Writes rooms as operators see them.
enum RoomView {
  static func room(_ record: RoomStore.Record, state: RoomState?? = .none) -> JSONValue {
    let room = record.room
    let terms = room.terms
    var object = JSONObject()
    object["room_id"] = "\(room.id)"
    object["name"] = .string(room.name)
    object["capacity"] = .integer(terms.capacity)
    object["rate_per_second"] = .integer(terms.ratePerSecond)
    object["session_seconds"] = .integer(terms.sessionSeconds)
    object["grace_seconds"] = .integer(terms.graceSeconds)
    object["opens_at"] = JSONValue(terms.opensAt?.description)
    object["prequeue_shuffle"] = .bool(terms.prequeueShuffle)
    object["queueing"] = .string(terms.queueing.rawValue)
    object["adaptive"] = terms.adaptive.map(adaptive) ?? .null
    object["target_url"] = JSONValue(room.target?.text)
    object["bypass"] = .array(room.bypass.map(\.description).sorted().map(JSONValue.string))
    object["generation"] = .integer(room.generation)
    object["prequeue"] = room.lot.map(prequeue) ?? .null
    if case .some(let known) = state { object["state"] = known.map(Self.state) ?? .null }
    object["version"] = .integer(room.version)
    object["created_at"] = "\(record.createdAt)"
    object["updated_at"] = "\(record.updatedAt)"
    return .object(object)
  }

  private static func adaptive(_ rate: AdaptiveRate) -> JSONValue {
    [
      "min_rate_per_second": .integer(rate.minimumPerSecond),
      "max_p95_ms": .integer(rate.maximumP95Milliseconds),
      "max_error_permille": .integer(rate.maximumErrorPermille),
    ]
  }

  /// The seed stays secret until nobody can join the draw any more.
  private static func prequeue(_ lot: PrequeueLot) -> JSONValue {
    [
      "commitment": .string(lot.seed.commitment),
      "seed": JSONValue(lot.draw == nil ? nil : lot.seed.hexadecimal),
      "base": JSONValue(lot.draw?.base), "count": JSONValue(lot.draw?.count),
    ]
  }

  private static func state(_ state: RoomState) -> JSONValue {
    [
      "waiting": .integer(state.waiting), "inside": .integer(state.inside),
      "served": .integer(state.served), "is_open": .bool(state.isOpen),
      "rate_per_second": .double(Double(state.rateMilli) / 1000),
      "pace_per_second": .double(Double(state.paceMilli) / 1000),
    ]
  }
}
