/// The requests of a schedule that fall to one of several workers: every `workers`-th one.
struct ScheduleShare: Sendable {
  let schedule: ArrivalSchedule
  let worker: Int
  let workers: Int

  /// Requests in this share.
  var count: Int { max(0, (schedule.count - worker + workers - 1) / workers) }

  /// When the share's request `index` is due, in nanoseconds from the start of the run.
  @inline(__always)
  func start(of index: Int) -> UInt64 { schedule.start(of: worker + index * workers) }
}
