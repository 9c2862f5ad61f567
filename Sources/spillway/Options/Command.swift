/// A command of the executable.
struct Command: Sendable {
  let name: String
  let summary: String
  let options: [Option]
  /// What it does; returns the exit status.
  let work: Work

  enum Work: Sendable {
    case once(@Sendable (ParsedOptions) async throws -> Int32)
    /// Runs until it is asked to stop, and then ends in order.
    case service(@Sendable (ParsedOptions, StopRequest) async throws -> Int32)
  }

  var isService: Bool {
    if case .service = work { true } else { false }
  }

  /// A command that ends by itself.
  init(
    name: String, summary: String, options: [Option],
    run: @escaping @Sendable (ParsedOptions) async throws -> Int32
  ) {
    self.name = name
    self.summary = summary
    self.options = options
    work = .once(run)
  }

  /// A command that runs until it is asked to stop.
  init(
    service name: String, summary: String, options: [Option],
    run: @escaping @Sendable (ParsedOptions, StopRequest) async throws -> Int32
  ) {
    self.name = name
    self.summary = summary
    self.options = options
    work = .service(run)
  }

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
