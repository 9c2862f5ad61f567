import Embedded
import Foundation
import TestSupport

/// Commands for `/bin/sh`, as a reader of the documentation types them.
struct ShellScript: Sendable, Equatable {
  let text: String

  /// The commands cannot be run as they should be.
  struct Failed: Error, CustomStringConvertible {
    let description: String
  }

  /// The commands with what a test has in the place of what a reader has.
  ///
  /// - Throws: ``Failed`` if there is nothing to replace: the test no longer knows the commands.
  func replacing(_ readers: String, with own: String) throws(Failed) -> ShellScript {
    guard text.contains(readers) else {
      throw Failed(description: "the commands have no '\(readers)' in them:\n\(text)")
    }
    return ShellScript(text: text.replacingOccurrences(of: readers, with: own))
  }

  /// Runs the commands to their end, each one whatever became of those before it. The status is that of the
  /// last one.
  ///
  /// - Parameters:
  ///   - folder: where they run; what they write there stays.
  ///   - environment: variables besides the small fixed environment of all programs that tests start.
  ///   - limit: after so long the script is ended.
  func run(
    in folder: String, environment: [String: String] = [:], within limit: Duration = .seconds(240)
  ) async throws -> CommandResult {
    try text.write(toFile: "\(folder)/commands.sh", atomically: true, encoding: .utf8)
    let process = try await ChildProcess.start(
      "/bin/sh",
      [
        "-c", #"cd "$0" && exec "$@" /bin/sh ./commands.sh >commands.out 2>commands.err"#, folder,
        "/usr/bin/env",
      ] + environment.map { "\($0)=\($1)" },
      log: "\(folder)/commands.log")
    func written(_ name: String) -> String {
      (try? String(contentsOfFile: "\(folder)/commands.\(name)", encoding: .utf8)) ?? ""
    }
    do {
      let status = try await eventually(within: limit, "the end of the commands") {
        process.status
      }
      return CommandResult(status: status, output: written("out"), errors: written("err"))
    } catch {
      process.send(signal: SIGKILL)
      throw Failed(
        description: "\(error); until then they wrote:\n\(written("out"))\n\(written("err"))")
    }
  }
}

extension CommandResult {
  /// All that was written, for whoever looks into a failure.
  var transcript: String {
    "\(status)\n--- standard output:\n\(output)\n--- standard error:\n\(errors)"
  }
}
