/// Users of peers without tokens: `U` and a number that no other run of the contender has.
struct NumberedUsers {
  /// More than the requests of a run.
  private static let step = 10_000_000
  private static let file = "numbered-requests.lua"

  private var used = 0

  /// Writes the script that wrk makes the requests with.
  ///
  /// - Throws: `ScenarioError`.
  func write(into folder: String) throws(ScenarioError) {
    try OutputFile.write(PackageResources.numbered_requests_lua, to: "\(folder)/\(Self.file)")
  }

  /// The requests of a run.
  ///
  /// - Parameters:
  ///   - prefix: a request up to the user, with a bar for each line end.
  ///   - suffix: the rest of its head.
  mutating func task(port: Int, prefix: String, suffix: String, folder: String) -> WrkTask {
    used += Self.step
    return WrkTask(
      url: "http://127.0.0.1:\(port)", script: "\(folder)/\(Self.file)",
      environment: [
        "COMPARE_PREFIX": prefix, "COMPARE_SUFFIX": suffix, "COMPARE_FIRST": String(used),
      ])
  }
}
