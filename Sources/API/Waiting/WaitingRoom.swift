internal import Domain

/// A room as its page shows it.
struct WaitingRoom: Sendable {
  let id: Identifier
  let name: String
  /// Where the operator sends admitted visitors.
  var target: WaitingTarget?
  var draw: Draw?

  /// How the order of those who came before the opening is drawn.
  struct Draw: Sendable {
    /// 64 hexadecimal digits, published when the room is made.
    let commitment: String
    /// 64 hexadecimal digits, published at the opening.
    var seed: String?
  }
}
