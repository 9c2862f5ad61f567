import Domain
import HotPath
import Redis
import Services
import Telemetry
import TestSupport
import Testing

@testable import API
@testable import Reconciler

@Suite struct SteeredRoomTests {
  private let adaptive: JSONValue = [
    "min_rate_per_second": 10, "max_p95_ms": 50, "max_error_permille": 10,
  ]

  @Test func `what nodes tell of slow answers lowers the rate, and the log says why`() async throws
  {
    let log = CapturedLog()
    try await withRooms(pacing: .steered, log: .captured(by: log)) { rooms in
      let id = try await rooms.create(["rate_per_second": 100, "adaptive": adaptive])
      let keys = RoomKeys(Identifier(id)!)
      var slow = AnswerTimes()
      for _ in 0..<100 { slow.add(milliseconds: 400, isFailure: false) }
      let redis = rooms.node.redis.client(for: keys.room)
      let telling = rooms.node.loop.spawn {
        while !Task.isCancelled {
          let time = try? await redis.send(RedisCommand("TIME"))
          let now = (time?[0].integer ?? 0) * 1000 + (time?[1].integer ?? 0) / 1000
          _ = try? await redis.send(
            RedisCommand("HSET", keys.load, "one", "\(now) \(slow)", "old", "1 \(slow)"))
          await rooms.node.loop.sleep(for: .milliseconds(20))
        }
      }
      defer { telling.cancel() }
      try await eventually(within: .seconds(30), "the lowest rate") {
        let room = try await rooms.ask("GET", "/v1/admin/rooms/\(id)")
        return room.text.contains(/"rate_per_second":10(\.0)?,"pace/)
      }
      #expect(log.lines.contains { $0.contains("answers are slow: P95") })
      // A node that is gone is forgotten.
      try await eventually {
        let fields = try await redis.send(RedisCommand("HKEYS", keys.load)).array ?? []
        return !fields.contains { $0.text == "old" } || fields.count <= 2
      }
    }
  }

  @Test func `answers behind a room are told to its admitter`() async throws {
    try await withRooms { rooms in
      let id = try await rooms.create(["adaptive": adaptive])
      let path = try await rooms.campaign(behind: id)
      let admission = try await rooms.admission(id, try await rooms.ticket(id, user: "ann"))
      let keys = RoomKeys(Identifier(id)!)
      let redis = rooms.node.redis.client(for: keys.room)
      try await eventually(within: .seconds(30), "an answer that was counted") {
        _ = try await rooms.claim(path, user: "ann", admission: admission)
        let told = try await redis.send(RedisCommand("HVALS", keys.load)).array ?? []
        return told.contains { value in
          let words = value.text?.split(separator: " ", maxSplits: 1) ?? []
          return words.count == 2 && AnswerTimes(words[1])?.answers ?? 0 > 0
        }
      }
    }
  }

  @Test func `a fixed rate costs Redis nothing`() async throws {
    try await withRooms { rooms in
      let id = try await rooms.create()
      _ = try await rooms.admission(id, try await rooms.ticket(id, user: "ann"))
      let keys = RoomKeys(Identifier(id)!)
      let redis = rooms.node.redis.client(for: keys.room)
      #expect(try await redis.send(RedisCommand("EXISTS", keys.load)) == .integer(0))
    }
  }
}
