/// The terms of a room that a run makes.
struct RoomWish: Sendable {
  var capacity: Int
  /// Admissions a second.
  var admissions: Int
  var sessionSeconds: Int
  var graceSeconds: Int
}
