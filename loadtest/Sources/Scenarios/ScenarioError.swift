/// Why a scenario could not begin or end; ends the program with status 1.
struct ScenarioError: Error, CustomStringConvertible {
  let description: String
  /// Whether the server was only busy, so that the same may work in a moment.
  let isPassing: Bool

  init(_ description: String) {
    self.description = description
    isPassing = false
  }

  /// - Parameter request: what was asked for, such as "POST /v1/admin/skus".
  init(_ request: String, brought answer: HTTPClient.Answer) {
    description = "\(request) brought \(answer.status): \(answer.body)"
    isPassing = answer.status == 503
  }
}
