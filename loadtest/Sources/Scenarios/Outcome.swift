/// One way that a request of a scenario can end. A scenario lists its own; the result is broken down
/// by them.
struct Outcome: Sendable, Equatable {
  enum Kind: String, Sendable {
    /// The server did what was asked.
    case success
    /// The server said no, for a reason that the scenario expects.
    case refusal
    /// No answer, or one that says that the server could not.
    case failure
    /// An answer that breaks the contract.
    case breach
  }

  /// For tables and reports, for example `sold out`.
  let name: String
  let kind: Kind
}
