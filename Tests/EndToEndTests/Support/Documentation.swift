import Foundation

/// The documents of the repository, which tests hold to what they say.
enum Documentation {
  private static let root = URL(fileURLWithPath: #filePath)
    .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
    .deletingLastPathComponent()

  /// What a test looks for in a document is not there.
  struct Missing: Error, CustomStringConvertible {
    let description: String
  }

  /// The first block of shell commands in the section under `heading`.
  ///
  /// - Parameter document: a path in the repository.
  /// - Throws: ``Missing``, or why the document cannot be read.
  static func shellBlock(under heading: String, of document: String) throws -> ShellScript {
    let text = try String(contentsOf: root.appending(path: document), encoding: .utf8)
    var fence: String?
    var hasSection = false
    var isInSection = false
    var commands: [Substring] = []
    for line in text.split(separator: "\n", omittingEmptySubsequences: false) {
      if line.hasPrefix("```") {
        if isInSection, fence == "sh" {
          return ShellScript(text: commands.map { "\($0)\n" }.joined())
        }
        fence = fence == nil ? line.dropFirst(3).trimmingCharacters(in: .whitespaces) : nil
      } else if fence != nil {
        // In a block a line that begins with # is a comment and no heading.
        if isInSection, fence == "sh" { commands.append(line) }
      } else if line.hasPrefix("#") {
        isInSection = line.drop { $0 == "#" }.trimmingCharacters(in: .whitespaces) == heading
        hasSection = hasSection || isInSection
      }
    }
    throw Missing(
      description: hasSection
        ? "\(document) has no block of shell commands under '\(heading)'"
        : "\(document) has no section '\(heading)'")
  }
}
