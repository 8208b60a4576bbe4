import { useLocalStorage } from "@mantine/hooks";

/** Whether this browser shows a message when a job ends: wished for here, and allowed by the browser. */
export function useNotifying() {
  const [wished, setWished] = useLocalStorage({
    key: "danlu-notify",
    defaultValue: false,
    getInitialValueInEffect: false,
  });
  const possible = "Notification" in window;
  const refused = possible && Notification.permission === "denied";
  const set = (on: boolean) => {
    if (!on || !possible) return setWished(false);
    void Notification.requestPermission().then((answer) => setWished(answer === "granted"));
  };
  return { on: wished && possible && Notification.permission === "granted", possible, refused, set };
}
