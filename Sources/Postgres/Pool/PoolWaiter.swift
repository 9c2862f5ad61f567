/// A caller that waits for a connection of a pool.
final class PoolWaiter {
  enum Demand {
    /// To send a request on any connection.
    case send(PostgresRequest)
    /// To have a connection to itself.
    case lease((Result<PostgresConnection, PostgresError>) -> Void)
  }

  let demand: Demand
  /// In the loop's milliseconds.
  let deadline: UInt64
  /// Refused or served already.
  private(set) var isOver = false

  init(demand: Demand, deadline: UInt64) {
    self.demand = demand
    self.deadline = deadline
  }

  func refuse(_ error: PostgresError) {
    guard !isOver else { return }
    isOver = true
    switch demand {
    case .send(let request): request.complete(.failure(error))
    case .lease(let completion): completion(.failure(error))
    }
  }

  func serve(with connection: PostgresConnection) {
    isOver = true
    switch demand {
    case .send(let request): connection.send(request)
    case .lease(let completion): completion(.success(connection))
    }
  }
}

/// A caller that waits until a pool has a connection at all.
final class PoolReadyWaiter {
  let deadline: UInt64
  private var completion: ((PostgresError?) -> Void)?

  init(deadline: UInt64, _ completion: @escaping (PostgresError?) -> Void) {
    self.deadline = deadline
    self.completion = completion
  }

  func finish(_ error: PostgresError?) {
    let completion = completion
    self.completion = nil
    completion?(error)
  }
}
