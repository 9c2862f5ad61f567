internal import Foundation

/// Of what, on what and when a report was made. Every report tells it by itself, so that each of its
/// figures can be measured again.
struct Provenance: Sendable, Equatable, Encodable {
  /// A server that took part.
  struct Server: Sendable, Equatable, Encodable {
    let name: String
    let version: String
  }

  /// The commit that the programs are of, with `-dirty` when sources were changed since; `unknown`
  /// where nothing tells.
  let commit: String
  /// The compiler, and how it was told to build.
  let build: String
  let machine: Machine
  /// Redis and PostgreSQL, as far as they are known.
  let servers: [Server]
  let date: Date

  /// What holds of this program, here and now.
  static func here(servers: [Server]) -> Provenance {
    Provenance(
      commit: WorkingCopy.commit(of: BuiltProgram.folder) ?? "unknown", build: compiler,
      machine: .this(), servers: servers, date: Date())
  }

  /// Lines for the head of a report.
  ///
  /// - Parameter machine: what the machine is called where others take part.
  func lines(machine name: String = "machine") -> [String] {
    let versions = servers.map { "\($0.name) \($0.version)" }.joined(separator: ", ")
    return ["commit: \(commit)", "build: \(build)", "\(name): \(machine.summary)"]
      + (versions.isEmpty ? [] : ["servers: \(versions)"])
      + ["date: \(date.formatted(.iso8601))"]
  }

  /// A compiler tells its version to conditions only.
  private static var compiler: String {
    #if compiler(>=6.5)
      let version = "6.5 or later"
    #elseif compiler(>=6.4)
      let version = "6.4"
    #elseif compiler(>=6.3)
      let version = "6.3"
    #else
      let version = "6.2"
    #endif
    #if DEBUG
      return "Swift \(version), debug"
    #else
      return "Swift \(version), release"
    #endif
  }
}
