/// The options of one call: the command line first, then the environment, then the defaults.
struct ParsedOptions: Sendable {
  private let options: [String: Option]
  private let given: [String: String]
  private let environment: [String: String]

  /// - Parameters:
  ///   - words: what follows the command's name.
  ///   - environment: all variables; those of no option are passed over.
  /// - Throws: `UsageError` that names the word at fault.
  init(
    _ words: some Sequence<String>, options: [Option], environment: [String: String]
  ) throws(UsageError) {
    let known = Dictionary(options.map { ($0.name, $0) }) { $1 }
    var given: [String: String] = [:]
    var rest = Array(words)[...]
    while let word = rest.popFirst() {
      guard word.hasPrefix("--") else { throw UsageError("unexpected argument '\(word)'") }
      let parts = word.dropFirst(2).split(
        separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
      let name = String(parts[0])
      // Without what follows the name, which may be a secret.
      guard let option = known[name] else { throw UsageError("unknown option '--\(name)'") }
      let attached = parts.count == 2 ? String(parts[1]) : nil
      given[name] = try Self.value(of: option, attached: attached, &rest)
    }
    self.options = known
    self.given = given
    self.environment = environment
  }

  /// The value of an option: what follows its `=`, else the next word. A word that looks like an
  /// option is none, since a forgotten value is likelier.
  private static func value(
    of option: Option, attached: String?, _ rest: inout ArraySlice<String>
  ) throws(UsageError) -> String {
    if option.kind == .flag {
      guard attached == nil else { throw UsageError("--\(option.name) takes no value") }
      return "true"
    }
    var value = attached
    if value == nil, rest.first?.hasPrefix("--") == false { value = rest.popFirst() }
    guard let value, !value.isEmpty else { throw UsageError("--\(option.name) needs a value") }
    return value
  }

  /// The text of an option; `nil` when it was not given and has no default.
  func text(_ name: String) -> String? {
    let option = option(name)
    return given[name] ?? fromEnvironment(option) ?? option.defaultText
  }

  /// Whether the command line itself names the option.
  func isOnCommandLine(_ name: String) -> Bool { given[name] != nil }

  /// Where the value came from, as an error names it.
  func origin(_ name: String) -> String {
    let option = option(name)
    return given[name] == nil && fromEnvironment(option) != nil
      ? option.environmentName : "--\(name)"
  }

  func required(_ name: String) throws(UsageError) -> String {
    guard let text = text(name) else {
      throw UsageError("--\(name) (or \(option(name).environmentName)) is required")
    }
    return text
  }

  func integer(_ name: String, in range: ClosedRange<Int>) throws(UsageError) -> Int? {
    guard let text = text(name) else { return nil }
    guard let number = Int(text), range.contains(number) else {
      throw UsageError(
        "\(origin(name)) must be a number from \(range.lowerBound) to \(range.upperBound), "
          + "not '\(text)'")
    }
    return number
  }

  func flag(_ name: String) throws(UsageError) -> Bool {
    switch text(name)?.lowercased() {
    case nil, "0", "false", "no": return false
    case "1", "true", "yes": return true
    case let other?: throw UsageError("\(origin(name)) must be true or false, not '\(other)'")
    }
  }

  func choice(_ name: String, of choices: [String]) throws(UsageError) -> String {
    let text = try required(name)
    guard choices.contains(text) else {
      throw UsageError(
        "\(origin(name)) must be one of \(choices.joined(separator: ", ")), not '\(text)'")
    }
    return text
  }

  /// An option that the command did not declare is a mistake of the program.
  private func option(_ name: String) -> Option {
    guard let option = options[name] else { preconditionFailure("no option --\(name)") }
    return option
  }

  /// A variable that is set but empty counts as not set.
  private func fromEnvironment(_ option: Option) -> String? {
    environment[option.environmentName].flatMap { $0.isEmpty ? nil : $0 }
  }
}
