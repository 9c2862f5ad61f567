/// A command of the executable.
struct Command: Sendable {
  let name: String
  let summary: String
  let options: [Option]
  /// Returns the exit status.
  let run: @Sendable (ParsedOptions) async throws -> Int32

  var help: String {
    var lines = [
      "spillway \(name): \(summary)", "", "Options (each also by environment variable):",
    ]
    for option in options {
      let usage =
        switch option.kind {
        case .flag: "--\(option.name)"
        case .value(let value): "--\(option.name) \(value)"
        }
      let note = option.defaultText.map { " (default \($0))" } ?? ""
      lines.append("  \(usage.padded(to: 26)) \(option.help)\(note)")
      lines.append("  \("".padded(to: 26)) \(option.environmentName)")
    }
    return lines.joined(separator: "\n")
  }
}

extension String {
  fileprivate func padded(to width: Int) -> String {
    self + String(repeating: " ", count: max(0, width - count))
  }
}
