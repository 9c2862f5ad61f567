public import Domain
public import HotPath
public import Redis

/// Where admitters have the rate from that each room admits at.
public struct RoomPacing: Sendable {
  /// What chooses the rate of a room; made anew when its admitter is.
  public var rate: @Sendable (Room) -> any AdmissionRate
  /// How the servers behind a room did in the last second; asked once a second.
  public var load:
    @Sendable (_ room: Room, _ keys: RoomKeys, _ redis: RedisClient) async ->
      AdmissionController.Reading.Load?

  public init(
    rate: @escaping @Sendable (Room) -> any AdmissionRate,
    load:
      @escaping @Sendable (_ room: Room, _ keys: RoomKeys, _ redis: RedisClient) async ->
      AdmissionController.Reading.Load?
  ) {
    self.rate = rate
    self.load = load
  }

  /// The operators' rates as they stand.
  public static let fixed = RoomPacing(rate: { _ in OperatorRate() }, load: { _, _, _ in nil })
}
