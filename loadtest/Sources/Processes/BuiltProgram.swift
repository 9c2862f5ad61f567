internal import Foundation

/// Executables that are built together with this one.
enum BuiltProgram {
  /// The folder that this program is in.
  static var folder: String {
    URL(fileURLWithPath: "/proc/self/exe").resolvingSymlinksInPath()
      .deletingLastPathComponent().path
  }

  /// The path of the `spillway` beside this program.
  ///
  /// - Throws: `ScenarioError` when there is none.
  static func spillway() throws(ScenarioError) -> String {
    let path = "\(folder)/spillway"
    guard FileManager.default.isExecutableFile(atPath: path) else {
      throw ScenarioError("\(path) is missing: build it first")
    }
    return path
  }
}
