import Foundation
import Testing

@testable import spillway_loadtest

/// Holds the documents to the command line: what they print can be followed. What it does is tested
/// elsewhere.
@Suite struct DocumentedCommandTests {
  private static let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
    .appending(path: "../../..").standardizedFileURL

  /// The words behind each `spillway-loadtest` that begins a line of a block of commands.
  private static func commands(of document: String) throws -> [[String]] {
    let text = try String(contentsOf: root.appending(path: document), encoding: .utf8)
      .replacing("\\\n", with: " ")
    var isInBlock = false
    var commands: [[String]] = []
    for line in text.split(separator: "\n") {
      if line.hasPrefix("```") { isInBlock = line.hasPrefix("```sh") }
      let words = line.split(separator: " ").map(String.init)
      guard isInBlock, let program = words.first, program.hasSuffix("spillway-loadtest") else {
        continue
      }
      let end = words.firstIndex { $0 == "#" || $0 == "||" || $0 == "&" } ?? words.count
      commands.append(Array(words[1..<end]))
    }
    return commands
  }

  private static func parse(_ words: [String]) throws {
    let rest = Array(words.dropFirst())
    switch words.first {
    case "run":
      let name = try #require(rest.first)
      let type = try #require(Program.scenarios.first { $0.name == name })
      let options = LoadOptions.options + InstallationProbe.options + type.options
      var arguments = try CommandArguments(Array(rest.dropFirst()), options: options)
      if OwnInstance.isWanted(by: arguments) {
        arguments = try CommandArguments(
          arguments.words + OwnInstance.placeholder, options: options)
      }
      // What a shell puts in.
      let words = arguments.words.map { $0 == "\"$URL\"" ? "http://x" : $0 }
      arguments = try CommandArguments(words, options: options)
      _ = try type.init(arguments: arguments, load: try LoadOptions(arguments))
    case "compare":
      _ = try CompareCommand(try CommandArguments(rest, options: CompareCommand.options))
    case "scale":
      _ = try ScaleOptions(try CommandArguments(rest, options: ScaleOptions.options))
    case "chaos": _ = try ChaosOptions(rest)
    default: Issue.record("\(words) is no command")
    }
  }

  @Test(arguments: ["README.md", "docs/loadtest.md"])
  func `every printed command can be followed`(document: String) throws {
    let commands = try Self.commands(of: document)
    #expect(!commands.isEmpty)
    for command in commands {
      #expect(throws: Never.self, "\(command)") { try Self.parse(command) }
    }
  }

  @Test func `README shows the three commands, and none needs a server that is not there`() throws {
    let commands = try Self.commands(of: "README.md")
    #expect(commands.compactMap(\.first) == ["run", "compare", "chaos"])
    #expect(!commands.joined().contains("--url"))
  }
}
