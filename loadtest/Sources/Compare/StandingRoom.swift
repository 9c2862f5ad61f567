internal import Domain
internal import EventLoop
internal import Foundation

/// A room in which nobody moves on while its visitors ask how far they are.
struct StandingRoom {
  /// Visitors who wait; their polls come in turn.
  static let visitors = 1000

  let client: HTTPClient
  /// An operator's.
  let token: String

  /// Opens a room with one place inside and has visitors join it.
  ///
  /// - Returns: the room's id and their tickets.
  /// - Throws: `ScenarioError`.
  func fill() async throws(ScenarioError) -> (room: String, tickets: [String]) {
    struct Joined: Decodable {
      struct Ticket: Decodable { let ticket: String }
      let data: Ticket
    }
    let room = try await open()
    var tickets: [String] = []
    for _ in 0..<Self.visitors {
      let joined: Joined = try await post("/v1/rooms/\(room)/tickets", [], "")
      tickets.append(joined.data.ticket)
    }
    return (room, tickets)
  }

  /// Opens a room with one place inside.
  ///
  /// - Returns: its id.
  /// - Throws: `ScenarioError`.
  func open() async throws(ScenarioError) -> String {
    struct Made: Decodable {
      struct Room: Decodable { let room_id: String }
      let data: Room
    }
    let body =
      #"{"name":"Comparison","capacity":1,"rate_per_second":1,"session_seconds":3600,"#
      + #""grace_seconds":3600}"#
    let made: Made = try await post(
      "/v1/admin/rooms", [("Authorization", "Bearer \(token)")], body)
    return made.data.room_id
  }

  private func post<Answer: Decodable>(
    _ path: String, _ headers: [(String, String)], _ body: String
  ) async throws(ScenarioError) -> Answer {
    do {
      let answer = try await client.request("POST", path, headers: headers, body: body)
      guard answer.status == 201 else {
        throw ScenarioError("POST \(path)", brought: answer)
      }
      return try JSONDecoder().decode(Answer.self, from: Data(answer.body.utf8))
    } catch {
      throw error as? ScenarioError ?? ScenarioError("\(path): \(error)")
    }
  }
}

extension SpillwayContender {
  /// Polls of visitors who wait.
  func pollTask(_ target: Target, operator token: String) async throws(ScenarioError) -> WrkTask {
    let (room, tickets) = try await onLoop { loop throws(ScenarioError) in
      try await StandingRoom(client: HTTPClient(target: target, loop: loop), token: token).fill()
    }
    try OutputFile.write((tickets.joined(separator: "\n") + "\n").utf8, to: "\(folder)/tickets")
    return WrkTask(
      url: "http://\(target.address)", script: "\(folder)/spillway-requests.lua",
      environment: [
        "COMPARE_PREFIX": "GET /v1/rooms/\(room)/tickets/",
        "COMPARE_SUFFIX": " HTTP/1.1|Host: \(target.host)",
        "COMPARE_TOKENS": "\(folder)/tickets",
      ])
  }
}
