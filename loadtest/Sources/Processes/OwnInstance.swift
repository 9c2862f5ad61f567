internal import Foundation

/// A `spillway up` that a run starts for itself where no server is named: a tenant of the
/// demonstration, in a temporary folder.
final class OwnInstance {
  /// What names a server, or belongs to one.
  private static let names = ["url", "host", "data", "tokens", "admin-token", "database"]
  private static let readyLimit = Duration.seconds(120)

  /// Options in place of those that are known once an instance runs.
  static let placeholder = ["--url", "http://127.0.0.1:1", "--data", "/nowhere"]

  /// Whether a command line leaves it to the run to have a server.
  static func isWanted(by arguments: CommandArguments) -> Bool {
    !names.contains { arguments.has($0) }
  }

  /// The options that a run reaches it by.
  let words: [String]
  private let folder: String
  private let program: ChildProgram

  private init(folder: String, url: String, program: ChildProgram) {
    self.folder = folder
    self.program = program
    words = ["--url", url, "--data", Self.data(in: folder)]
  }

  private static func data(in folder: String) -> String { "\(folder)/data" }

  /// Starts one, and waits until it serves.
  ///
  /// - Throws: `ScenarioError`.
  static func start() async throws(ScenarioError) -> OwnInstance {
    let spillway = try BuiltProgram.spillway()
    let folder =
      "\(NSTemporaryDirectory())/spillway-run-\(ProcessInfo.processInfo.processIdentifier)"
    try ContenderFolder.make(folder)
    do throws(ScenarioError) {
      let program = try await ChildProgram.start([
        spillway, "up", "--demo", "--data", data(in: folder), "--port", "0", "--log-level",
        "warning",
      ])
      do throws(ScenarioError) {
        let url = try await program.line(after: "ready ", within: readyLimit)
          .trimmingCharacters(in: .whitespaces)
        return OwnInstance(folder: folder, url: url, program: program)
      } catch {
        await program.stop()
        throw error
      }
    } catch {
      discard(folder)
      throw error
    }
  }

  /// Ends it, and removes what it kept.
  func stop() async {
    await program.stop()
    Self.discard(folder)
  }

  private static func discard(_ folder: String) {
    try? FileManager.default.removeItem(atPath: folder)
  }
}
