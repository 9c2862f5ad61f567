public import Redis
public import Telemetry

/// The way of claims into one cell. Loop-confined.
public final class ClaimPath {
  public typealias Limits = CellPathLimits

  private let path: CellPath<ClaimBatch>

  public init(
    client: RedisClient, lease: CellLease, limits: Limits = Limits(),
    batchSizes: Histogram? = nil
  ) {
    path = CellPath(client: client, lease: lease, limits: limits, batchSizes: batchSizes)
  }

  /// Takes a claim; it is told the outcome later, or at once why there will be none.
  public func submit(_ operation: ClaimOperation) { path.submit(operation) }
}
