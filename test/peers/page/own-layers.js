// What a user's program bundles: tfjs, and the layers of this library.
import * as tf from '@tensorflow/tfjs';
import 'whittle-tfjs/layers';

window.tf = tf;
