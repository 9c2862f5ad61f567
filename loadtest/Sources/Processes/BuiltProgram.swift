internal import Foundation

/// Executables that are built together with this one.
enum BuiltProgram {
  /// The path of the `spillway` beside this program.
  ///
  /// - Throws: `ScenarioError` when there is none.
  static func spillway() throws(ScenarioError) -> String {
    let own = (try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")) ?? ""
    let path = URL(fileURLWithPath: own).deletingLastPathComponent().path + "/spillway"
    guard FileManager.default.isExecutableFile(atPath: path) else {
      throw ScenarioError("\(path) is missing: build it first")
    }
    return path
  }
}
