internal import Domain
internal import Foundation

/// Makes rooms and looks at them through the operator's API.
struct RoomMaker {
  let client: HTTPClient
  let token: String

  /// Makes a room that is open.
  ///
  /// - Throws: `ScenarioError` with the server's answer when it is not 201.
  func make(_ wish: RoomWish) async throws(ScenarioError) -> Identifier {
    let body = """
      {"name":"Load test","capacity":\(wish.capacity),\
      "rate_per_second":\(wish.admissions),"session_seconds":\(wish.sessionSeconds),\
      "grace_seconds":\(wish.graceSeconds)}
      """
    let answer: HTTPClient.Answer
    do throws(ClientFailure) {
      answer = try await client.request(
        "POST", "/v1/admin/rooms", headers: [("Authorization", "Bearer \(token)")], body: body)
    } catch {
      throw ScenarioError("cannot make a room: \(error)")
    }
    struct Made: Decodable {
      struct Room: Decodable { let room_id: String }
      let data: Room
    }
    guard answer.status == 201,
      let made = try? JSONDecoder().decode(Made.self, from: Data(answer.body.utf8)),
      let identifier = Identifier(made.data.room_id)
    else { throw ScenarioError("making a room", brought: answer) }
    return identifier
  }

  /// How many visitors are inside, as the server counts them; nil if it does not say.
  func inside(_ room: Identifier) async -> Int? {
    struct Read: Decodable {
      struct Room: Decodable { let state: State? }
      struct State: Decodable { let inside: Int }
      let data: Room
    }
    let answer = try? await client.request(
      "GET", "/v1/admin/rooms/\(room)", headers: [("Authorization", "Bearer \(token)")])
    guard let answer, answer.status == 200 else { return nil }
    return try? JSONDecoder().decode(Read.self, from: Data(answer.body.utf8)).data.state?.inside
  }
}
