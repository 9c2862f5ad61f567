internal import EventLoop

/// How a ``RedisRouter`` finds the servers of one kind of deployment. Loop-confined.
protocol RedisRouting: AnyObject {
  func start()
  func close()
  /// The client of the key; always the same for the same key.
  func client(for key: UnsafeRawBufferPointer) -> RedisClient
  /// A client of the key over a connection of its own.
  func dedicatedClient(for key: UnsafeRawBufferPointer, name: String) -> RedisClient
  func subscriber(name: String) -> RedisSubscriber
  /// A client for each server that answers for keys.
  var servers: [RedisClient] { get }
  /// Whether it is known which servers there are.
  var isResolved: Bool { get }
  /// Why it is not, for reports.
  var lastFailure: String? { get }
}
