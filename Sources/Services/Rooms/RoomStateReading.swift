internal import Domain
internal import HotPath
internal import Redis

/// The four replies of one read.
final class RoomStateReading {
  var state: RoomState?
  var ended: [(number: Int, at: Int64)]?
  /// When the first of all that Redis still keeps ended.
  var oldestEnd: Int64?
  var time: Int64?
  private var count = 0

  /// Returns true with the last reply.
  func take(_ reply: RedisReply) -> Bool {
    count += 1
    switch count {
    case 1: if reply.kind == .string { state = RoomState(reply.bytes) }
    case 2:
      guard reply.kind == .array else { break }
      ended = stride(from: 0, to: reply.count - 1, by: 2).map {
        (reply[$0].decimal ?? 0, Int64(reply[$0 + 1].decimal ?? 0))
      }
    case 3:
      // Without this word it is not known what may be forgotten.
      guard reply.kind == .array else {
        ended = nil
        break
      }
      guard reply.count == 2 else { break }
      oldestEnd = reply[1].decimal.map(Int64.init)
    default:
      guard reply.kind == .array, reply.count == 2, let seconds = reply[0].decimal,
        let microseconds = reply[1].decimal
      else { break }
      time = Int64(seconds) * 1000 + Int64(microseconds) / 1000
    }
    return count == 4
  }
}
