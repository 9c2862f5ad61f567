public import Redis
public import Telemetry

/// The way of orders into one cell. Loop-confined.
public final class ReservePath {
  public typealias Limits = CellPathLimits

  private let path: CellPath<ReserveBatch>

  public init(
    client: RedisClient, lease: CellLease, limits: Limits = Limits(),
    batchSizes: Histogram? = nil
  ) {
    path = CellPath(client: client, lease: lease, limits: limits, batchSizes: batchSizes)
  }

  /// Takes an order; it is told the outcome later, or at once why there will be none.
  public func submit(_ operation: ReserveOperation) { path.submit(operation) }
}
