internal import EventLoop

/// Asks a contender what a run asks, and fails unless every answer is the right one: a peer that is
/// fast because it refuses or fails must not be measured.
struct AnswerProbe {
  /// The users that ask; none of them is one of a run.
  static let users = ["probe-1", "probe-2"]

  let contender: String

  /// Claims for two users, and again for the first.
  ///
  /// - Parameter claim: makes a claim for a user.
  /// - Throws: `ScenarioError` that tells the wrong answer.
  func check(
    _ load: CompareLoad, claim: (String) async throws(ScenarioError) -> PeerAnswer
  ) async throws(ScenarioError) {
    let first = try await claim(Self.users[0])
    let second = try await claim(Self.users[1])
    let repeated = try await claim(Self.users[0])
    let answers = [first, second, repeated]
    let right =
      switch (first, second, repeated) {
      case (.issued(let one), .issued(let two), .held(let again)):
        load != .soldOut && one != two && again == one
      case (.soldOut, .soldOut, .soldOut): load == .soldOut
      default: false
      }
    guard right else {
      throw ScenarioError("\(contender) answers wrongly to \(load.rawValue) claims: \(answers)")
    }
  }
}

extension AnswerProbe {
  /// A claim over HTTP, on a connection of its own.
  ///
  /// - Throws: `ScenarioError`.
  static func request(
    _ method: String, _ path: String, headers: [(String, String)] = [], at target: Target,
    on loop: EventLoop
  ) async throws(ScenarioError) -> HTTPClient.Answer {
    do {
      return try await loop.submit {
        try await HTTPClient(target: target, loop: loop).request(method, path, headers: headers)
      }
    } catch {
      throw ScenarioError("\(path): \(error)")
    }
  }
}
