internal import CLinux
internal import EventLoop
internal import Glibc

/// Calls back at a moment of the monotonic clock, far more exactly than the loop's own timers, which
/// know whole milliseconds only: that would be most of a fast answer's latency. Loop-confined.
final class Alarm {
  private let descriptor: Int32
  private let watcher: DescriptorWatcher
  private let granularity: UInt64
  private var armedFor: UInt64 = 0

  /// - Parameters:
  ///   - granularity: alarms come at least this many nanoseconds from when they are set.
  ///   - onAlarm: called when the moment has come; no alarm is set then.
  init(
    loop: EventLoop, granularity: UInt64, onAlarm: @escaping () -> Void
  ) throws(EventLoopError) {
    self.granularity = granularity
    descriptor = timerfd_create(
      CLOCK_MONOTONIC, Int32(TFD_NONBLOCK | TFD_CLOEXEC))
    guard descriptor >= 0 else {
      throw EventLoopError(code: -errno, operation: "create a timer")
    }
    let fired = Fired(onAlarm)
    do {
      watcher = try DescriptorWatcher(descriptor: descriptor, loop: loop) { [descriptor] _ in
        // Reading makes the descriptor silent until it is set again.
        var expirations: UInt64 = 0
        guard read(descriptor, &expirations, 8) == 8 else { return }
        fired.alarm?.armedFor = 0
        fired.body()
      }
    } catch {
      close(descriptor)
      throw error
    }
    fired.alarm = self
    watcher.watch(.readable)
  }

  /// Lets the watcher's closure, made before `self` is complete, reach the alarm.
  private final class Fired {
    let body: () -> Void
    weak var alarm: Alarm?
    init(_ body: @escaping () -> Void) { self.body = body }
  }

  deinit {
    watcher.cancel { [descriptor] in close(descriptor) }
  }

  /// Sets the alarm, unless one is set that comes no later.
  func set(to moment: UInt64, now: UInt64) {
    let moment = max(moment, now + granularity)
    guard armedFor == 0 || moment < armedFor else { return }
    armedFor = moment
    var setting = itimerspec()
    setting.it_value.tv_sec = Int(moment / 1_000_000_000)
    setting.it_value.tv_nsec = Int(moment % 1_000_000_000)
    timerfd_settime(descriptor, Int32(TFD_TIMER_ABSTIME), &setting, nil)
  }

  /// Sets no alarm any more.
  func cancel() { watcher.cancel() }
}
