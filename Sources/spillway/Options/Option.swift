/// An option of a command, also given by an environment variable.
struct Option: Sendable {
  enum Kind: Sendable, Equatable {
    /// Present or not; in the environment `1`, `true`, `yes` or `0`, `false`, `no`, empty.
    case flag
    /// Takes a value, shown in the help under this name.
    case value(String)
  }

  /// Without the dashes: `ops-port`.
  let name: String
  let kind: Kind
  let help: String
  let defaultText: String?

  init(_ name: String, _ kind: Kind, _ help: String, default defaultText: String? = nil) {
    self.name = name
    self.kind = kind
    self.help = help
    self.defaultText = defaultText
  }

  /// `SPILLWAY_OPS_PORT`
  var environmentName: String {
    "SPILLWAY_" + name.uppercased().replacing("-", with: "_")
  }
}
