/** A short chime when a call is joined to the open line: two soft notes, no sound file. */
let context: AudioContext | undefined;

export function chime(): void {
  try {
    context ??= new AudioContext();
    void context.resume();
    note(context, 659.25, 0);
    note(context, 880, 0.14);
  } catch {
    // Without audio output the screen still says that a call is here.
  }
}

function note(audio: AudioContext, hertz: number, after: number): void {
  const begin = audio.currentTime + after;
  const tone = audio.createOscillator();
  const volume = audio.createGain();
  tone.frequency.value = hertz;
  volume.gain.setValueAtTime(0, begin);
  volume.gain.linearRampToValueAtTime(0.16, begin + 0.015);
  volume.gain.exponentialRampToValueAtTime(0.0005, begin + 0.32);
  tone.connect(volume).connect(audio.destination);
  tone.start(begin);
  tone.stop(begin + 0.34);
}
