/// Whether a node can serve, and what it lacks.
public struct Readiness: Sendable, Equatable {
  /// What keeps the node from serving anyone, one line each.
  public var waitingFor: [String]
  /// The names of cells that take no claims at the moment; those of others are served all the same.
  public var closedCells: [String]

  public init(waitingFor: [String] = [], closedCells: [String] = []) {
    self.waitingFor = waitingFor
    self.closedCells = closedCells
  }

  public var isReady: Bool { waitingFor.isEmpty }
}
